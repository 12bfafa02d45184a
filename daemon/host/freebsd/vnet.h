// Interfaces lent to a jail with a network stack of its own, and datasets given to a jail. Any thread.
#pragma once

#include <string>

#include "api/contract/result.h"

namespace jaild::host {

// It arrives down and without addresses: a move purges them.
Result<void> lend_interface(const std::string& name, int jid);
// To be done before the jail is removed: a dying jail keeps its interfaces. One that is not there under that name any
// more (renamed, destroyed, or the jail is gone) is success: the kernel gives it back when the jail is gone for good.
Result<void> take_interface_back(const std::string& name, int jid);

// By zfs(8), which is the only interface that is the same in all versions of ZFS.
Result<void> attach_dataset(const std::string& name, int jid);
Result<void> detach_dataset(const std::string& name, int jid);

}  // namespace jaild::host
