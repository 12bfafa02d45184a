// A jail's /proc on Linux.
#pragma once

#include "api/contract/result.h"

namespace jaild::monitor {

// The processes of the jail's own pid namespace. What is host-wide in it is read-only if it is a directory or could be
// written, and masked where reading alone tells too much. Decided by looking at what this kernel has: an entry that
// nobody thought of is read-only. Kind::missing: the root has no /proc.
Result<void> attach_procfs(int root);

}  // namespace jaild::monitor
