// A process by descriptor: it can be waited for and signalled without ever meeting a successor of the same number.
#pragma once

#include <chrono>

#include "daemon/host/unique_fd.h"

namespace jaild::host {

[[nodiscard]] UniqueFd open_pidfd(int pid);  // empty when there is no such process
// false: it is gone.
bool signal_pidfd(const UniqueFd& process, int signal);
// true: it has ended. Waits at most `patience`.
[[nodiscard]] bool wait_pidfd(const UniqueFd& process, std::chrono::milliseconds patience);

}  // namespace jaild::host
