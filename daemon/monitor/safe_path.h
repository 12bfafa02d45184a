// Opening exec.consolelog: a host path that may lie where a jail's root can plant things.
#pragma once

#include <string>

#include "api/contract/result.h"
#include "daemon/host/host_walk.h"
#include "daemon/host/unique_fd.h"

namespace jaild::monitor {

// Opens `path` to append to, and makes it 0600 if need be; never waits, neither here nor in write(2). Nothing that is
// executable or runs as somebody else comes out of it: such bits of a file that is there are taken off. Where a jail
// can write no link is followed, and what is opened must be a regular file of one name.
Result<UniqueFd> open_console_file(const std::string& path, const host::IsTree& is_tree);

}  // namespace jaild::monitor
