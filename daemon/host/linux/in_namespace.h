// A few calls in a jail's namespace, by the thread that asks.
#pragma once

#include <functional>

#include "api/contract/result.h"

namespace jaild::host {

// Enters `target`, a descriptor of a namespace of `type` (CLONE_NEWNET or CLONE_NEWUTS), runs `job`, comes back. No
// thread is made for it: at the system's limit that would fail in the middle of a jail's start. `what` begins the error
// of entering. `job` is short, waits for nothing and does not throw.
//
// Throws std::system_error where this thread cannot come back, which no kernel is known to do to root: nobody catches
// it, so that jaild ends instead of going on in a jail's namespace.
Result<void> in_namespace(int target, int type, const char* what, const std::function<Result<void>()>& job);

}  // namespace jaild::host
