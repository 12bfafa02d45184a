// nmount(2) and unmount(2) for jails. Any thread.
#pragma once

#include <sys/param.h>  // before mount.h, which uses its types

#include <sys/mount.h>

#include <string>
#include <vector>

#include "api/contract/param_table.h"
#include "api/contract/result.h"
#include "daemon/core/resource.h"
#include "daemon/host/freebsd/shared_mounts.h"
#include "daemon/host/jail_trees.h"

namespace jaild::host {

// The ledger's entry for one fstab line of the jail whose root is `root`.
[[nodiscard]] core::LedgerEntry mount_entry(const std::string& root, const FstabEntry& line);

// Whether it shows a directory of the host; and whether the jail cannot write there.
[[nodiscard]] bool has_source(const core::LedgerEntry& entry);
[[nodiscard]] bool is_read_only(const core::LedgerEntry& entry);

// All of the host, in the order they were made; empty when the kernel cannot say.
[[nodiscard]] std::vector<struct statfs> mounted_file_systems();
// The places alone, as the kernel names them.
[[nodiscard]] std::vector<std::string> mount_points();

// The reply has the file system's id; `borrowed` when the same was mounted there already, and not by jaild. `user`: the
// run that wants it.
Result<core::LedgerEntry> add_mount(core::LedgerEntry entry, SharedMounts& shared, const JailTrees& trees,
                                    const std::string& user);
// By the id, so that no path can lead elsewhere, unless another run uses it too. `force`: although files are open.
Result<void> remove_mount(const core::LedgerEntry& entry, bool force, SharedMounts& shared, const std::string& user);

// A devfs of somebody else's cannot be used as it is: it does not say by which rules it was mounted. "" when there is
// none on `path`.
[[nodiscard]] std::string devfs_in_the_way(const core::LedgerEntry& entry, const std::string& path,
                                           const SharedMounts& shared);

// The devfs ruleset among a devfs mount's options; 0: none.
[[nodiscard]] int devfs_ruleset(const std::vector<std::string>& options);

}  // namespace jaild::host
