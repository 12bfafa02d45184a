// What the Linux under jaild is and can enforce.
#pragma once

#include "api/contract/host_profile.h"
#include "daemon/host/linux/cgroup.h"

namespace jaild::host {

// Probes the control groups by making one and removing it again.
[[nodiscard]] HostProfile linux_profile(const CgroupTree& tree);

}  // namespace jaild::host
