// What a jail wants mounted. On Linux the monitor mounts it in the jail's own mount namespace while it makes the jail,
// and it vanishes with that; so it needs no ledger.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/contract/jail_spec.h"
#include "api/contract/param_table.h"
#include "api/contract/result.h"
#include "daemon/host/host_walk.h"

namespace jaild::host {

// Why this host cannot make such a mount in a jail at `path`; nullopt when it can. Pure.
[[nodiscard]] std::optional<std::string> mount_problem(const FstabEntry& entry, const std::string& path);

// The lines of `mount` and of the files in `mount.fstab`, in that order, targets as seen from inside the jail. Reads
// the files; one that does not exist or cannot be read is in `missing`, as is a source that does not exist.
// Kind::invalid names the line.
struct JailMounts {
  std::vector<FstabEntry> entries;
  std::vector<std::string> missing;
};
Result<JailMounts> collect_mounts(const JailSpec& spec, const IsTree& is_tree);

}  // namespace jaild::host
