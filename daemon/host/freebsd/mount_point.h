// Where a file system may be mounted. Mounting follows symbolic links, and below a jail's root the jail's own root user
// plants them: so no component there may be one, as jail(8) demands too.
#pragma once

#include <string>

#include "api/contract/result.h"

namespace jaild::host {

// The real path of `target`, as the kernel names the mount. Links above the jail's root `root` are the host's own and
// are followed. Kind::missing: it does not exist. Kind::host_refused: it leads through a link below the root.
Result<std::string> find_mount_point(const std::string& root, const std::string& target);

// Whether `path` is `root` or below it, by its text.
[[nodiscard]] bool is_below(const std::string& root, const std::string& path);

}  // namespace jaild::host
