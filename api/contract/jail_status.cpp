#include "api/contract/jail_status.h"

#include <utility>

namespace jaild {

std::string_view to_string(JailState state) {
  switch (state) {
    case JailState::stopped: return "stopped";
    case JailState::blocked: return "blocked";
    case JailState::starting: return "starting";
    case JailState::running: return "running";
    case JailState::stopping: return "stopping";
    case JailState::backoff: return "backoff";
    case JailState::failed: return "failed";
    case JailState::foreign: return "foreign";
  }
  std::unreachable();
}

std::optional<JailState> jail_state_from(std::string_view text) {
  for (int i = 0; i < jail_state_count; ++i) {
    const auto state = static_cast<JailState>(i);
    if (to_string(state) == text) return state;
  }
  return std::nullopt;
}

std::string_view to_string(Desired desired) {
  switch (desired) {
    case Desired::running: return "running";
    case Desired::stopped: return "stopped";
  }
  std::unreachable();
}

}  // namespace jaild
