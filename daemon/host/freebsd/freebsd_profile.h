// What this machine is.
#pragma once

#include "api/contract/host_profile.h"
#include "daemon/host/freebsd/jail_params.h"

namespace jaild::host {

[[nodiscard]] HostProfile freebsd_profile(const ParamCatalog& catalog);

// The number of routing tables, net.fibs.
[[nodiscard]] int routing_tables();

}  // namespace jaild::host
