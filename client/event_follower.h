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
  std::string query = {};        // filters, encoded
  std::uint64_t after = 0;       // the number of the last event that is known
  std::function<bool()> wanted;  // asked after every piece and before every new connection; false ends it
};

// Hands what happens to `take`, in order and without a gap, as many events at once as came together. A lost connection
// is made again after a pause. Ends when nobody wants more, or with the daemon's refusal.
ExitCode follow_events(Session& session, const FollowOptions& options,
                       const std::function<void(const std::vector<nlohmann::json>&)>& take);

}  // namespace jaild::client
