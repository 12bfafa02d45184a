// cpuset(2) for jails. Any thread.
#pragma once

#include <optional>
#include <string>

#include "api/contract/cpu_list.h"
#include "api/contract/result.h"

namespace jaild::host {

// What the host has.
[[nodiscard]] CpuList host_cpus();

[[nodiscard]] std::optional<CpuList> jail_cpus(int jid);

// nullopt: what its parent (`parent` 0: the host) has. Kind::conflict: a process keeps a set of its own that would
// become empty. Kind::invalid: CPUs that the parent has not.
Result<void> set_jail_cpus(int jid, int parent, const std::optional<CpuList>& cpus);

}  // namespace jaild::host
