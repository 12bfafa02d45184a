// The kernel's list of processes (sysctl kern.proc).
#pragma once

#include <sys/types.h>

#include <optional>
#include <vector>

#include "daemon/monitor/process_tree.h"

namespace jaild::monitor {

// Those in the jail `jid` that are not zombies. The kernel has no list by jail: the cost grows with the whole host.
std::vector<pid_t> processes_in_jail(int jid);

// The jail that `pid` is in; nullopt: no such process.
std::optional<int> jail_of(pid_t pid);

}  // namespace jaild::monitor
