// Opening exec.consolelog: a host path whose last part may lie where a jail's root can plant things.
#pragma once

#include <string>

#include "api/contract/result.h"
#include "daemon/host/unique_fd.h"

namespace jaild::monitor {

// Opens `path` as jail(8) does: write, create, append, 0666 less umask. In the part below `jail_path` no component may
// be a symbolic link, and what is opened there must be a regular file. `jail_path` "" or "/": nothing lies below it.
Result<UniqueFd> open_console_file(const std::string& path, const std::string& jail_path);

}  // namespace jaild::monitor
