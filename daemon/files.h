// The places of a daemon in the file system.
#pragma once

#include <filesystem>

#include "api/contract/result.h"
#include "daemon/host/unique_fd.h"

namespace jaild {

// Makes `path` with this mode where it is missing; checks that it is a directory of ours and not open to others'
// writes.
Result<void> ensure_directory(const std::filesystem::path& path, unsigned mode);

// Holds `directory`/jaild.lock for this process's life. Kind::conflict: another jaild runs with it.
Result<UniqueFd> lock_directory(const std::filesystem::path& directory);

// Whether `lock` still is the run directory's: jaild.lock may have been removed, with all of the directory. Then it is
// made and taken again. Kind::conflict: another jaild has taken it meanwhile.
Result<void> keep_run_dir_lock(const std::filesystem::path& run_dir, UniqueFd& lock);

// `given`, else jaild-monitor beside this program, else in ../libexec. Kind::missing names what was looked for.
Result<std::filesystem::path> find_monitor(const std::filesystem::path& given);

}  // namespace jaild
