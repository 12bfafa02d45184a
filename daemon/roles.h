// Names of users and groups, as the command line gives them, as the numbers that the kernel knows.
#pragma once

#include "api/contract/result.h"
#include "api/server/access.h"
#include "daemon/options.h"

namespace jaild {

// Names or numbers; the user of this process is always an admin. Asks the system's databases, so it may block: before
// the loop runs. Kind::invalid names the flag and the name that nobody has.
Result<server::Access> resolve_roles(const RoleOptions& roles);

// A group's number. Kind::invalid.
Result<std::uint32_t> resolve_group(const std::string& name);

}  // namespace jaild
