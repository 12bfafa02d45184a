// The jail's root: built by pid 1 in its own mount namespace, then the only thing there is.
#pragma once

#include <string>

#include "api/contract/result.h"
#include "daemon/monitor/request.h"

namespace jaild::monitor {

// `staging`: an empty directory of ours, where the tree is attached while it is put together; nothing of it shows on
// the host. In jail(8)'s order: root, mounts, devfs, procfs; then pivot_root(2) and everything else is let go. Needs
// the new mount and pid namespaces.
Result<void> enter_new_root(const CreateRequest& jail, const std::string& staging);

}  // namespace jaild::monitor
