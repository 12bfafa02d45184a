// Where a file system may be mounted. Mounting follows symbolic links, and below a jail's root the jail's own root user
// plants them: so no component there may be one, as jail(8) demands too.
#pragma once

#include <string>

#include "api/contract/result.h"
#include "daemon/host/unique_fd.h"

namespace jaild::host {

// Every link is followed. Kind::missing: it does not exist; the error calls it `what`.
Result<std::string> real_path(const std::string& path, const std::string& what);

// The real path of `target`, as the kernel names the mount. Links above the jail's root `root` are the host's own and
// are followed. `what` is what the error calls it. Kind::missing: it does not exist. Kind::host_refused: it leads
// through a link below the root.
Result<std::string> find_mount_point(const std::string& root, const std::string& target,
                                     const std::string& what = "mount point");

// The same, held, so that it stays what it was when it was looked at.
struct MountPoint {
  std::string path;
  UniqueFd directory;  // the mount point; of a file, on which nullfs mounts one, the directory that it lies in
  std::string name;    // in there; "." of a directory
};
Result<MountPoint> open_mount_point(const std::string& root, const std::string& target,
                                    const std::string& what = "mount point");

// Whether `path` is `root` or below it, by its text.
[[nodiscard]] bool is_below(const std::string& root, const std::string& path);

}  // namespace jaild::host
