// Every type of event that jaild tells. doc/events.md explains each to its users; a test holds it against this list.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace jaild {

enum class EventType {
  daemon_started,
  daemon_shutdown,
  jail_declared,
  jail_changed,
  jail_deleted,
  jail_exec,
  token_created,
  token_deleted,
  jail_starting,
  jail_started,
  jail_adopted,
  jail_exited,
  jail_stopping,
  jail_stopped,
  jail_gave_up,
  jail_ready,
  jail_unready,
  jail_drifted,
  jail_repaired,
  jail_limit_hit,
  jail_step,  // no history: see JailEvent
};
constexpr std::size_t event_type_count = 21;

[[nodiscard]] std::string_view to_string(EventType type);  // "jail.started"
[[nodiscard]] std::optional<EventType> event_type_from(std::string_view word);

}  // namespace jaild
