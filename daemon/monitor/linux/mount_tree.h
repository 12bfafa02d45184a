// File systems as descriptors: made detached, then moved to a place that was resolved safely.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "api/contract/result.h"
#include "daemon/host/unique_fd.h"

namespace jaild::monitor {

using MountParameters = std::vector<std::pair<std::string, std::string>>;  // a value "" is a flag

// A new file system of `type`, not attached anywhere. `attributes`: MOUNT_ATTR_*.
Result<UniqueFd> make_file_system(const std::string& type, const MountParameters& parameters, std::uint64_t attributes);

// A copy of the one mount that `path` (below `directory`, or absolute) is on, rooted there; never its submounts. "": of
// what `directory` itself is open on.
Result<UniqueFd> copy_tree(int directory, const std::string& path);

Result<void> set_attributes(int tree, std::uint64_t set, std::uint64_t clear);

// Puts a tree onto what `target` is open on.
Result<void> attach_tree(int tree, int target);

// Opens `path` (absolute as seen from inside) below `root`: no symbolic link on the way, never out of `root`. O_PATH.
// Kind::missing: it is not there.
Result<UniqueFd> open_inside(int root, const std::string& path);

}  // namespace jaild::monitor
