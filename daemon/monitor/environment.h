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

// `inherited`: the monitor's own. `clean`: exec.clean. `user` sets USER, HOME and SHELL.
Environment make_environment(const Environment& inherited, bool clean, const std::optional<User>& user,
                             const std::optional<JailVariables>& jail);

// Sets NAME to value, replacing an earlier one.
void set_variable(Environment& environment, const std::string& name, const std::string& value);

}  // namespace jaild::monitor
