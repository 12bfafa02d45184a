// Opening exec.consolelog: a host path whose last part may lie where a jail's root can plant things.
#pragma once

#include <string>

#include "api/contract/result.h"
#include "daemon/host/unique_fd.h"

namespace jaild::monitor {

// Opens `path` to append to, and makes it 0600 if need be; never waits, neither here nor in write(2). Nothing that is
// executable or runs as somebody else comes out of it: such bits of a file that is there are taken off. In the part
// below `jail_path` no component may be a symbolic link, and what is opened there must be a regular file. `jail_path`
// "" or "/": nothing lies below it.
Result<UniqueFd> open_console_file(const std::string& path, const std::string& jail_path);

}  // namespace jaild::monitor
