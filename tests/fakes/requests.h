// What tests ask for, in one word each.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/contract/change.h"

namespace jaild::tests {

inline ChangeRequest ask(const std::string& name, ChangeAction action) {
  return one_change({name, std::move(action)}, {"test", ""});
}
inline ChangeRequest declare(const std::string& name, JailSpec spec, Desired desired = Desired::running) {
  return ask(name, Put{std::move(spec), desired, true});
}
inline ChangeRequest put(const std::string& name, JailSpec spec, std::optional<Desired> desired = {}) {
  return ask(name, Put{std::move(spec), desired});
}
inline ChangeRequest start(const std::string& name) {
  return ask(name, SetDesired{Desired::running});
}
inline ChangeRequest stop(const std::string& name) {
  return ask(name, SetDesired{Desired::stopped});
}
inline ChangeRequest restart(const std::string& name) {
  return ask(name, Restart{});
}
inline ChangeRequest erase(const std::string& name) {
  return ask(name, Erase{});
}
inline ChangeRequest adopt(const std::string& name) {
  return ask(name, Adopt{});
}

inline ChangeRequest dry_run(ChangeRequest request) {
  request.dry_run = true;
  return request;
}

// As POST /apply asks for it.
inline ChangeRequest a_set(std::vector<Change> changes) {
  ChangeRequest set;
  set.changes = std::move(changes);
  set.is_set = true;
  set.restart = true;
  set.who.by = "test";
  return set;
}
inline Change member(const std::string& name, JailSpec spec, std::optional<Desired> desired = {}) {
  return {name, Put{std::move(spec), desired}};
}

}  // namespace jaild::tests
