// What held the event loop, in words for metrics, logs and /debug/tasks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/input.h"

namespace jaild::runtime {

struct Culprit {
  std::string_view kind;    // "tick", "done", "event", "committed", "write", "survey"..., or an HTTP method
  std::string_view detail;  // the operation, event or verb, or the route; may be ""
  std::string jail;         // "" where it is not about one
};

// Of an input that is no OpDone: which operation that was is the engine's to tell.
Culprit culprit_of(const core::Input& input);

// The first jail that the mutations are about.
std::string jail_of(const std::vector<core::Mutation>& mutations);

}  // namespace jaild::runtime
