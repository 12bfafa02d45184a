// What GET /debug/tasks says: what jaild does now, and who held its event loop. For whoever looks for what hangs.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/contract/jail_status.h"

namespace jaild {

// A jail's transition that is under way.
struct TaskInfo {
  std::string jail;
  std::string activity;     // "resolving", "recording", "starting", "updating", "stopping", "forgetting"
  std::string step;         // as in status.steps; "" outside a list of steps
  std::string command;      // the command line or the thing acted on; may be ""
  std::string waits_for;    // "host", "store", or "" for neither
  double seconds = 0;       // since the transition began
  double step_seconds = 0;  // since it does what it does now
};

// Something that kept the event loop from everything else.
struct LoopHold {
  std::string what;  // "input done:create", "request GET /jails"
  std::string jail;  // "" where it was not about one
  double seconds = 0;
  WallTime at;
};

struct Tasks {
  std::vector<TaskInfo> items;  // by name of the jail
  double stall_limit_seconds = 0;
  std::uint64_t stalls = 0;              // holds above the limit, since jaild started
  std::optional<LoopHold> longest_hold;  // since jaild started
  std::vector<LoopHold> last_stalls;     // the newest last
};

}  // namespace jaild
