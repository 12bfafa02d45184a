// Interfaces lent to a jail with a network stack of its own, and datasets given to a jail. Any thread.
#pragma once

#include <string>

#include "api/contract/result.h"
#include "daemon/core/resource.h"

namespace jaild::host {

// It arrives down and without addresses: a move purges them. The reply has what it is known by whatever its name
// becomes: the jail's root may rename it, and give its name to another.
Result<core::LedgerEntry> lend_interface(core::LedgerEntry entry, int jid);
// To be done before the jail is removed: a dying jail keeps its interfaces. It comes back under the name that it was
// lent by, whatever the jail named it; an interface of the jail's own that has that name stays there. Success, too,
// when it is not there any more: the kernel gives back what was lent when the jail is gone for good.
Result<void> take_interface_back(const core::LedgerEntry& entry, int jid);

// By zfs(8), which is the only interface that is the same in all versions of ZFS.
Result<void> attach_dataset(const std::string& name, int jid);
Result<void> detach_dataset(const std::string& name, int jid);

}  // namespace jaild::host
