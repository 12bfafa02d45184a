// What an in-jail process gets before it enters the jail, and who is in it.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "api/contract/result.h"
#include "daemon/monitor/request.h"

namespace jaild::monitor {

// For this process. `files`: cgroup.procs files. The first that refuses is an error: no process runs without its
// limits.
Result<void> join_cgroups(const std::vector<std::string>& files);

// Whether the group of this cgroup.procs file counts and limits its processes (the pids controller).
bool counts_processes(const std::string& file);

// For pid 1, whose processor time is bounded with the jail's where that does not count it as one of its processes: the
// group of the cpu controller, if another one counts them (version 1).
Result<void> join_cpu_group(const std::vector<std::string>& files);

// Kind::invalid names an rlimit that is not known.
Result<void> check_rlimits(const Rlimits& limits);
// What the kernel counts for each user of the whole host: root in every jail is the host's root there, and could take
// all of it. Halves and cuts them.
Result<void> bound_kernel_objects();

// Soft and hard. One above our own hard limit is cut to it: raising takes a privilege that we may not have.
Result<void> apply_rlimits(const Rlimits& limits);

// Processes listed in a cgroup.procs file: cheap. Unreadable: none.
std::vector<pid_t> processes_in_cgroup(const std::string& file);
// Processes in the pid namespace of `pid`, found by a walk over all of /proc: for jails without cgroups.
std::vector<pid_t> processes_in_namespace(pid_t pid);

}  // namespace jaild::monitor
