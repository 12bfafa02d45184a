// A jail's /dev on Linux.
#pragma once

#include "api/contract/result.h"

namespace jaild::monitor {

// A tmpfs with null, zero, full, random, urandom, tty, a terminal file system of its own and shared memory; with
// `fd_links` also fd, stdin, stdout, stderr, which lead into /proc. Kind::missing: the root has no /dev.
Result<void> attach_devices(int root, bool fd_links);

}  // namespace jaild::monitor
