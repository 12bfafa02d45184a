// What every host with real jails does with an operation before and after its own work.
#pragma once

#include <string>
#include <type_traits>
#include <utility>

#include "daemon/core/operation.h"

namespace jaild::host {

// Whose turn it is to wait: operations of one jail come one after the other.
inline const std::string& jail_of(const core::Resolve& op) {
  return op.name;
}
template <class What>
const std::string& jail_of(const What& op) {
  return op.key.name;
}

// Sent to the jail's monitor at once; the others may block and are for the pool.
template <class What>
constexpr bool waits_for_monitor = std::is_same_v<What, core::Run> || std::is_same_v<What, core::Cancel> ||
                                   std::is_same_v<What, core::StartMain> || std::is_same_v<What, core::Terminate>;

inline Result<core::Reply> reply(const Result<void>& done) {
  if (!done) return Fail(done.error());
  return core::Reply(core::Nothing{});
}
template <class Value>
Result<core::Reply> reply(Result<Value> value) {
  if (!value) return Fail(value.error());
  return core::Reply(std::move(*value));
}

}  // namespace jaild::host
