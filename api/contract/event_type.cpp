#include "api/contract/event_type.h"

#include <utility>

namespace jaild {

std::string_view to_string(EventType type) {
  switch (type) {
    case EventType::daemon_started: return "daemon.started";
    case EventType::daemon_shutdown: return "daemon.shutdown";
    case EventType::jail_declared: return "jail.declared";
    case EventType::jail_changed: return "jail.changed";
    case EventType::jail_deleted: return "jail.deleted";
    case EventType::jail_exec: return "jail.exec";
    case EventType::token_created: return "token.created";
    case EventType::token_deleted: return "token.deleted";
    case EventType::jail_starting: return "jail.starting";
    case EventType::jail_started: return "jail.started";
    case EventType::jail_adopted: return "jail.adopted";
    case EventType::jail_exited: return "jail.exited";
    case EventType::jail_stopping: return "jail.stopping";
    case EventType::jail_stopped: return "jail.stopped";
    case EventType::jail_gave_up: return "jail.gave_up";
    case EventType::jail_ready: return "jail.ready";
    case EventType::jail_unready: return "jail.unready";
    case EventType::jail_drifted: return "jail.drifted";
    case EventType::jail_repaired: return "jail.repaired";
    case EventType::jail_limit_hit: return "jail.limit_hit";
    case EventType::jail_step: return "jail.step";
  }
  std::unreachable();
}

std::optional<EventType> event_type_from(std::string_view word) {
  for (std::size_t i = 0; i < event_type_count; ++i) {
    const auto type = static_cast<EventType>(i);
    if (to_string(type) == word) return type;
  }
  return std::nullopt;
}

}  // namespace jaild
