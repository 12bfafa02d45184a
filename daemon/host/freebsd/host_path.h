// Paths of the host that may lead through a jail: its root user may have planted a link there, for us to follow
// outside.
#pragma once

#include <string>

#include "api/contract/result.h"

namespace jaild::host {

// The real path of `path`. Below the root of a jail that lives no component may be a symbolic link. `what` is what the
// error calls it. Kind::missing: it does not exist. Kind::host_refused: it leads through such a link.
Result<std::string> find_host_path(const std::string& path, const std::string& what);

}  // namespace jaild::host
