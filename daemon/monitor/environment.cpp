#include "daemon/monitor/environment.h"

#include <algorithm>

namespace jaild::monitor {

void set_variable(Environment& environment, const std::string& name, const std::string& value) {
  std::erase_if(environment, [&](const std::string& entry) { return entry.starts_with(name + "="); });
  environment.push_back(name + "=" + value);
}

Environment make_environment(const Environment& inherited, bool clean, const std::optional<User>& user,
                             const std::optional<JailVariables>& jail) {
  Environment environment;
  if (clean) {
    set_variable(environment, "PATH", "/bin:/usr/bin");
    const auto term =
        std::ranges::find_if(inherited, [](const std::string& entry) { return entry.starts_with("TERM="); });
    if (term != inherited.end()) environment.push_back(*term);
  } else {
    // PATH as rc(8) has it.
    environment = {"PATH=/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin", "HOME=/root", "SHELL=/bin/sh",
                   "USER=root"};
    for (const std::string& entry : inherited) {
      const std::size_t equals = entry.find('=');
      if (equals != std::string::npos) set_variable(environment, entry.substr(0, equals), entry.substr(equals + 1));
    }
  }
  if (user) {
    set_variable(environment, "USER", user->name);
    set_variable(environment, "HOME", user->home);
    set_variable(environment, "SHELL", user->shell);
  }
  if (jail) {
    set_variable(environment, "JNAME", jail->name);
    set_variable(environment, "JPATH", jail->path);
    if (jail->jid) set_variable(environment, "JID", std::to_string(*jail->jid));
  }
  return environment;
}

}  // namespace jaild::monitor
