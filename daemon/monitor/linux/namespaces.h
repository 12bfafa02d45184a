// clone(2) into new namespaces, and the way in for later children.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "api/contract/result.h"
#include "daemon/host/unique_fd.h"
#include "daemon/monitor/request.h"

namespace jaild::monitor {

struct Cloned {
  pid_t pid = 0;   // 0: this is the child
  UniqueFd pidfd;  // close-on-exec
};
// PID, mount, UTS, IPC and cgroup namespaces, and a network namespace unless it is inherited.
Result<Cloned> clone_into_namespaces(CreateRequest::Net net);

// All namespaces of the jail: root and working directory become the jail's. Its pid namespace is that of later children
// only; the caller itself stays out of it.
Result<void> enter_namespaces(int pidfd, CreateRequest::Net net);

// Field 22 of /proc/PID/stat, which with the pid names a process for good. 0: no such process.
std::uint64_t start_time_of(pid_t pid);

}  // namespace jaild::monitor
