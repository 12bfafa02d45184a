// The way of a process into a jail. What is in the jail's pid namespace is in sight and in reach of root there, so that
// comes last: a process that stays outside of it, and out of sight, takes on everything else and only then has the one
// child that the jail sees.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "api/contract/result.h"
#include "daemon/monitor/request.h"

namespace jaild::monitor {

struct Entry {
  int pidfd = -1;  // of the jail's pid 1; not owned
  CreateRequest::Net net = CreateRequest::Net::none;
  std::uint64_t capabilities = 0;    // what is left of them
  std::vector<std::string> cgroups;  // cgroup.procs files; join_uncounted_groups() has been called with them
  Rlimits rlimits;
  pid_t* born = nullptr;  // where the kernel writes the pid of the process below, before that runs
};

// In a child of the monitor, undumpable, without a thread. Returns in a second one, which is a child of the monitor too
// (CLONE_PARENT) and was born in the jail: with its groups, namespaces, root, limits and capabilities. The first one
// ends there; it returns only with the reason why there is no second.
Result<void> enter_jail(const Entry& entry);

// The groups that do not count processes: those that do are the second one's only, or it would count twice.
Result<void> join_uncounted_groups(const std::vector<std::string>& files);

}  // namespace jaild::monitor
