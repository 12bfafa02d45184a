// What an administrator or another tool does to jails behind jaild's back, for the simulation.
#pragma once

#include <string>

#include "daemon/host/sim/kernel.h"

namespace jaild::host::sim {

// Jails are named in full. Kind::not_found: no such jail lives.
class ByHand {
 public:
  explicit ByHand(SimKernel& kernel) : kernel_(kernel) {}  // outlives this

  // jail -c name=... path=... persist [command=...]; the jid.
  Result<int> jail_c(const std::string& name, const std::string& path, const std::string& command = "");
  Result<void> jail_r(const std::string& name);
  Result<void> jail_m(const std::string& name, ParamList params);
  Result<void> rename(const std::string& name, const std::string& to);
  Result<void> rctl_a(const std::string& name, const std::string& rule);  // resource:action=amount[/per]
  Result<void> rctl_r(const std::string& name);                           // all rules of that name
  Result<void> cpuset_l(const std::string& name, const std::string& cpus);
  Result<int> jexec(const std::string& name, const std::string& command);  // the pid
  Result<void> kill_all(const std::string& name, int signal);              // pkill -j
  Result<void> mount(const std::string& type, const std::string& source, const std::string& path);
  Result<void> mount_inside(const std::string& name, const std::string& type, const std::string& path);
  Result<void> umount(const std::string& path, bool force = false);
  Result<void> ifconfig_alias(const std::string& interface, const std::string& address, int prefix_length);
  Result<void> ifconfig_unalias(const std::string& interface, const std::string& address);
  // kill -9 of the jaild-monitor of a jail; false: it has none.
  bool kill_monitor(const std::string& name);

 private:
  Result<const Jail*> find(const std::string& name) const;
  SimKernel& kernel_;
};

}  // namespace jaild::host::sim
