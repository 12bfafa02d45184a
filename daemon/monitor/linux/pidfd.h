// A process by descriptor: it is signalled without ever meeting a successor of the same number.
#pragma once

#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "daemon/host/unique_fd.h"

namespace jaild::monitor {

// By number: the C library has wrappers only since glibc 2.36. Empty: there is no such process.
inline UniqueFd open_pidfd(pid_t pid) {
  return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

// False: errno says why; ESRCH: it has ended.
inline bool signal_pidfd(const UniqueFd& process, int signal) {
  return ::syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0) == 0;
}

}  // namespace jaild::monitor
