// Files of the administrator's that a spec names (mount.fstab). Whoever wrote the spec may have named anything: what is
// no regular file is not even opened, for a FIFO would hold us and a device may act on it.
#pragma once

#include <cstddef>
#include <string>

#include "api/contract/result.h"
#include "daemon/host/host_walk.h"

namespace jaild::host {

// `what` is what errors call it. Kind::missing: it does not exist. Kind::host_refused: no regular file, longer than
// `size_max` bytes, or it lies where a jail can write: what it says is an order to the host, and no jail gives any.
Result<std::string> read_user_file(const std::string& path, const std::string& what, const IsTree& is_tree,
                                   std::size_t size_max);

}  // namespace jaild::host
