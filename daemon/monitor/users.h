// Who a command runs as. Called in the child only: look-ups may read the jail's files or ask the host's name service.
#pragma once

#include <string>

#include "api/contract/result.h"
#include "daemon/monitor/environment.h"
#include "daemon/monitor/passwd.h"

namespace jaild::monitor {

enum class UserSource {
  host,  // the name service of the host, before attach
  jail,  // the jail's files, after attach
};

// `name`: a login name or a decimal uid; "" is uid 0, which is always found. Kind::missing: no such user.
Result<User> look_up_user(const std::string& name, UserSource source);

// FreeBSD: what `user`'s login class sets (priority, resources, umask, environment), while still root.
// `full`: exec.jail_user or exec.system_user was given; else only path and environment (jail(8)).
Result<void> apply_login_class(const User& user, bool full, Environment& environment);

// Groups, gid, uid; no way back.
Result<void> become(const User& user);

}  // namespace jaild::monitor
