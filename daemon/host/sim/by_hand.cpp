#include "daemon/host/sim/by_hand.h"

#include "daemon/host/sim/monitors.h"

namespace jaild::host::sim {

Result<const Jail*> ByHand::find(const std::string& name) const {
  if (const Jail* jail = kernel_.find_alive(name)) return jail;
  return Fail(Kind::not_found, "no jail " + name);
}

Result<int> ByHand::jail_c(const std::string& name, const std::string& path, const std::string& command) {
  const auto jid = kernel_.jail_set(jail_create, {{"name", name}, {"path", path}, {"persist", true}}, Actor::other);
  if (!jid || command.empty()) return jid;
  if (const auto pid = jexec(name, command); !pid) return Fail(pid.error());
  if (const auto borrowed = jail_m(name, {{"nopersist", true}}); !borrowed) return Fail(borrowed.error());
  return jid;
}

Result<void> ByHand::jail_r(const std::string& name) {
  const auto jail = find(name);
  if (!jail) return Fail(jail.error());
  return kernel_.jail_remove((*jail)->jid, Actor::other);
}

Result<void> ByHand::jail_m(const std::string& name, ParamList params) {
  const auto jail = find(name);
  if (!jail) return Fail(jail.error());
  params.emplace_back("jid", std::int64_t{(*jail)->jid});
  const auto changed = kernel_.jail_set(jail_update, params, Actor::other);
  if (!changed) return Fail(changed.error());
  return {};
}

Result<void> ByHand::rename(const std::string& name, const std::string& to) {
  return jail_m(name, {{"name", to}});
}

Result<void> ByHand::rctl_a(const std::string& name, const std::string& text) {
  const auto rule = RctlRule::parse(text);
  if (!rule) return Fail(rule.error());
  return kernel_.rctl_add(name, *rule, Actor::other);
}

Result<void> ByHand::rctl_r(const std::string& name) {
  const std::vector<RuleInForce> rules = kernel_.accounts().rules(name);
  for (const RuleInForce& each : rules) {
    if (const auto gone = kernel_.rctl_remove(name, each.rule, Actor::other); !gone) return gone;
  }
  return {};
}

Result<void> ByHand::cpuset_l(const std::string& name, const std::string& text) {
  const auto jail = find(name);
  if (!jail) return Fail(jail.error());
  const auto cpus = CpuList::parse(text);
  if (!cpus) return Fail(cpus.error());
  return kernel_.set_jail_cpus((*jail)->jid, *cpus, Actor::other);
}

Result<int> ByHand::jexec(const std::string& name, const std::string& command) {
  const auto jail = find(name);
  if (!jail) return Fail(jail.error());
  SimKernel::Start start;
  start.command = command;
  start.program = kernel_.programs.of(command, true);
  return kernel_.start((*jail)->jid, std::move(start));
}

Result<void> ByHand::kill_all(const std::string& name, int signal) {
  const auto jail = find(name);
  if (!jail) return Fail(jail.error());
  for (const int pid : (*jail)->pids) {
    if (const auto sent = kernel_.kill(pid, signal); !sent) return sent;
  }
  return {};
}

Result<void> ByHand::mount(const std::string& type, const std::string& source, const std::string& path) {
  const auto fsid = kernel_.mount(Mount{path, type, source, {}, {}, Actor::other, {}, 0});
  if (!fsid) return Fail(fsid.error());
  return {};
}

Result<void> ByHand::mount_inside(const std::string& name, const std::string& type, const std::string& path) {
  const auto jail = find(name);
  if (!jail) return Fail(jail.error());
  const auto fsid = kernel_.mount(Mount{path, type, type, {}, {}, Actor::other, name, (*jail)->jid});
  if (!fsid) return Fail(fsid.error());
  return {};
}

Result<void> ByHand::umount(const std::string& path, bool force) {
  return kernel_.unmount(path, force, Actor::other);
}

Result<void> ByHand::ifconfig_alias(const std::string& interface, const std::string& address, int prefix_length) {
  return kernel_.add_alias(Alias{interface, address, prefix_length, Actor::other, {}});
}

Result<void> ByHand::ifconfig_unalias(const std::string& interface, const std::string& address) {
  return kernel_.remove_alias(interface, address, Actor::other);
}

bool ByHand::kill_monitor(const std::string& name) {
  const Jail* jail = kernel_.find_alive(name);
  return jail != nullptr && jail->run != 0 && kernel_.monitors().kill(jail->run);
}

}  // namespace jaild::host::sim
