// Events as they happen, over as many connections as it takes.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "client/exit_code.h"
#include "client/session.h"

namespace jaild::client {

// The number of the last event that happened.
Result<std::uint64_t> last_event(Session& session);

struct FollowOptions {
  using Clock = std::chrono::steady_clock;

  std::string query = {};        // filters, encoded
  std::uint64_t after = 0;       // the number of the last event that is known
  std::function<bool()> wanted;  // asked after every piece and before every new connection; false ends it
  // What is told while it happens and is kept nowhere (steps): without a number. Absent: nobody wants it.
  std::function<void(const nlohmann::json&)> live = {};
  // Called at the time that `wake` gives, and with each sign of life of the daemon.
  std::function<std::optional<Clock::time_point>()> wake = {};
  std::function<void()> idle = {};
  // For who looks at the jails as well: called when a connection ended, before the next one. Nothing is said about lost
  // connections then, and what ended well is connected again at once.
  std::function<void()> lost = {};
};

// Hands what happens to `take`, in order and without a gap, as many events at once as came together. A lost connection
// is made again after a pause. Ends when nobody wants more, or with the daemon's refusal.
ExitCode follow_events(Session& session, const FollowOptions& options,
                       const std::function<void(const std::vector<nlohmann::json>&)>& take);

}  // namespace jaild::client
