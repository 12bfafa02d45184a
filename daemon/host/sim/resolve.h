// From a spec to the ledger entries that its run needs on the simulated host, in jail(8)'s order.
#pragma once

#include "daemon/core/operation.h"
#include "daemon/host/sim/kernel.h"

namespace jaild::host::sim {

// Changes nothing. A thing that is there already is `borrowed`. What exec.prepare may still make (root, mount sources,
// interfaces), and exec.prestart or exec.created (interfaces for a vnet), is not called missing: then it is for the
// step that needs it to say so. Kind::conflict: a jail of that name lives.
[[nodiscard]] Result<core::Resolved> resolve(const SimKernel& kernel, const core::Resolve& what);

}  // namespace jaild::host::sim
