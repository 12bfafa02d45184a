// The kernel's list of processes (sysctl kern.proc). It has no list by jail: every look costs the whole host.
#pragma once

#include <chrono>
#include <set>
#include <vector>

#include "api/contract/jail_status.h"
#include "api/contract/result.h"

namespace jaild::host {

// The jids that have a process which is not a zombie.
Result<std::set<int>> jails_with_processes();

// At most `most`, by pid.
Result<std::vector<ProcessInfo>> processes_of(int jid, std::size_t most);

// Waits until no jail of `jids` has a process that is not a zombie; false: `patience` was over first.
[[nodiscard]] bool wait_for_processes(const std::vector<int>& jids, std::chrono::milliseconds patience);

}  // namespace jaild::host
