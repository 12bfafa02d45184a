// The environment of a command, as jail(8) makes it. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/monitor/passwd.h"

namespace jaild::monitor {

using Environment = std::vector<std::string>;  // "NAME=value"

// JNAME, JPATH and, once there is one, JID: for host commands only, set after any cleaning.
struct JailVariables {
  std::string name;
  std::string path;
  std::optional<int> jid;
};

// Nothing comes from the environment of a daemon but `inherited`, which jaild chose. `clean`: exec.clean, which leaves
// of it TERM only. `user` sets USER, HOME and SHELL; without one they are root's.
Environment make_environment(const Environment& inherited, bool clean, const std::optional<User>& user,
                             const std::optional<JailVariables>& jail);

// Sets NAME to value, replacing an earlier one.
void set_variable(Environment& environment, const std::string& name, const std::string& value);

}  // namespace jaild::monitor
