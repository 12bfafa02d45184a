// What the host's name service says of a user.
#pragma once

#include <pwd.h>

#include "api/contract/result.h"
#include "daemon/monitor/passwd.h"

namespace jaild::monitor {

// `entry` with its groups, without its login class, which not every system has. In the child only, like all that asks
// the name service.
Result<User> user_of(const passwd& entry);

}  // namespace jaild::monitor
