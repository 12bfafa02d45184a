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

// fork(2) whose child is in the pid namespace of `pidfd`; the caller stays where it is (`home`: its own
// /proc/self/ns/pid). A caller that cannot go home again ends: its later children would be in the wrong place.
Result<pid_t> fork_into(int pidfd, int home);

// In such a child: all other namespaces of the jail; root and working directory become the jail's.
Result<void> enter_namespaces(int pidfd, CreateRequest::Net net);

// Field 22 of /proc/PID/stat, which with the pid names a process for good. 0: no such process.
std::uint64_t start_time_of(pid_t pid);

}  // namespace jaild::monitor
