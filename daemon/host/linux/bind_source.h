// What of the host a jail may get mounted.
#pragma once

#include <string>

#include "api/contract/result.h"
#include "daemon/host/host_walk.h"

namespace jaild::host {

// The source of a mount, or a jail's root. As walk_host_path(); and Kind::host_refused where it is one of the kernel's
// own file systems, as /proc and /sys: through these a jail would rule the host. A mount brings no mounts below it, so
// there they do not matter.
Result<Walked> find_bind_source(const std::string& path, const std::string& what, const IsTree& is_tree);

}  // namespace jaild::host
