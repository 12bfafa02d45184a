// Operations on jails, their monitors and processes.
#include <algorithm>
#include <cerrno>
#include <csignal>

#include "api/contract/param_table.h"
#include "daemon/host/sim/monitors.h"
#include "daemon/host/sim/refusal.h"
#include "daemon/host/sim/resolve.h"
#include "daemon/host/sim/sim_host.h"

namespace jaild::host::sim {
namespace {

constexpr std::chrono::seconds remove_patience{10};  // host.h, Remove

std::string no_name(const std::string& name) {
  const std::size_t last = name.rfind('.') + 1;
  return name.substr(0, last) + "no" + name.substr(last);
}

// jail(8) strips interface, mask and words before it asks the kernel.
std::vector<std::string> bare_addresses(const std::vector<std::string>& entries, bool v6) {
  std::vector<std::string> bare;
  for (const std::string& each : entries) {
    const auto parsed = parse_address(each, v6);
    bare.push_back(parsed ? parsed->address : each);
  }
  return bare;
}

ParamValue jailsys_value(const std::string& name, const ParamValue& value) {
  const bool* on = std::get_if<bool>(&value);
  if (on == nullptr) return value;
  if (*on) return std::string("new");
  return std::string(name == "host" || name == "vnet" ? "inherit" : "disable");
}

// The kernel's own parameters as jail_set(2) takes them; `persist` is jaild's and left out.
ParamList kernel_params(const std::map<std::string, ParamValue>& params) {
  ParamList list;
  for (const auto& [name, value] : params) {
    const Param* param = find_param(name);
    if (name == "persist" || (param != nullptr && param->origin == ParamOrigin::pseudo)) continue;
    const bool* on = std::get_if<bool>(&value);
    if (name == "ip4.addr" || name == "ip6.addr") {
      const auto* entries = std::get_if<std::vector<std::string>>(&value);
      list.emplace_back(name, entries == nullptr ? value : ParamValue(bare_addresses(*entries, name == "ip6.addr")));
    } else if (param != nullptr && param->type == ParamType::jailsys) {
      list.emplace_back(name, jailsys_value(name, value));
    } else if (on != nullptr && !*on) {
      list.emplace_back(no_name(name), true);
    } else {
      list.emplace_back(name, value);
    }
  }
  return list;
}

std::unexpected<Error> gone(const JailKey& key) {
  return Fail(Kind::not_running, "jail " + key.name + " with jid " + std::to_string(key.jid) + " is gone");
}

}  // namespace

const Jail* SimHost::jail_of(const JailKey& key, const char* call) {
  const Jail* jail = kernel_->find(key.jid);
  if (jail != nullptr && !jail->dying && jail->name == key.name) return jail;
  kernel_->note(Finding::stale_call, key.name, call);
  return nullptr;
}

SimHost::Outcome SimHost::perform(OpId, const Resolve& what) {
  auto resolved = resolve(*kernel_, what);
  if (!resolved) return Result<Reply>(Fail(resolved.error()));
  return Result<Reply>(Reply{std::move(*resolved)});
}

SimHost::Outcome SimHost::perform(OpId, const OpenMonitor& what) {
  kernel_->monitors().open(what.key);
  return Result<Reply>(Nothing{});
}

SimHost::Outcome SimHost::perform(OpId, const CloseMonitor& what) {
  kernel_->monitors().close(what.key.run);
  return Result<Reply>(Nothing{});
}

SimHost::Outcome SimHost::perform(OpId, const Create& what) {
  ParamList params = kernel_params(what.spec.params);
  params.emplace_back("name", what.key.name);
  params.emplace_back("persist", true);
  const auto jid = kernel_->jail_set(jail_create, params, Actor::jaild);
  if (!jid) return Result<Reply>(Fail(jid.error().in("jail_set")));
  kernel_->expect_limits(*jid, {what.spec.rctl, what.spec.cpuset});
  kernel_->monitors().adopt(what.key.run, *jid);
  return Result<Reply>(Created{*jid});
}

SimHost::Outcome SimHost::perform(OpId id, const Remove& what) {
  const Jail* jail = kernel_->find(what.key.jid);
  if (jail == nullptr) return Result<Reply>(Nothing{});
  if (jail->name != what.key.name) {
    kernel_->note(Finding::stale_call, what.key.name, "jail_remove");
    return Result<Reply>(Nothing{});
  }
  removing_ = what.key.jid;
  const auto removed = kernel_->jail_remove(what.key.jid, Actor::jaild);
  removing_ = 0;
  if (!removed) return Result<Reply>(Fail(removed.error().in("jail_remove")));
  if (kernel_->processes_below(what.key.jid) == 0) return Result<Reply>(Nothing{});
  wait_for_processes(id, what.key.jid, remove_patience);
  return std::nullopt;
}

SimHost::Outcome SimHost::perform(OpId, const SetParams& what) {
  const Jail* jail = jail_of(what.key, "jail_set");
  if (jail == nullptr) return Result<Reply>(gone(what.key));
  ParamList params = kernel_params(what.params);
  params.emplace_back("jid", std::int64_t{what.key.jid});
  const auto jid = kernel_->jail_set(jail_update, params, Actor::jaild);
  if (!jid) return Result<Reply>(Fail(jid.error().in("jail_set")));
  return Result<Reply>(Nothing{});
}

SimHost::Outcome SimHost::perform(OpId id, const Run& what) {
  if (what.command.in_jail && jail_of(what.key, what.command.phase.c_str()) == nullptr)
    return Result<Reply>(gone(what.key));
  const auto running = kernel_->monitors().run(what.key, what.command, id);
  if (!running) return Result<Reply>(Fail(running.error()));
  return std::nullopt;
}

SimHost::Outcome SimHost::perform(OpId, const core::Cancel& what) {
  kernel_->monitors().cancel(what.key.run);
  return Result<Reply>(Nothing{});
}

SimHost::Outcome SimHost::perform(OpId, const StartMain& what) {
  if (jail_of(what.key, "command") == nullptr) return Result<Reply>(gone(what.key));
  const auto started = kernel_->monitors().start_main(what.key, what.command);
  if (!started) return Result<Reply>(Fail(started.error()));
  return Result<Reply>(Nothing{});
}

// Only the jail's own processes, not those of its child jails (freebsd-kernel.md, trap 39).
SimHost::Outcome SimHost::perform(OpId id, const Terminate& what) {
  if (!kernel_->monitors().answers(what.key.run)) {
    return Result<Reply>(Fail(Kind::unavailable, "the monitor of jail " + what.key.name + " does not answer"));
  }
  const Jail* jail = kernel_->find(what.key.jid);
  if (jail == nullptr || jail->name != what.key.name || jail->pids.empty()) return Result<Reply>(Terminated{0});
  for (const int pid : jail->pids) (void)kernel_->kill(pid, SIGTERM);
  wait_for_processes(id, what.key.jid, what.timeout);
  return std::nullopt;
}

void SimHost::wait_for_processes(OpId id, int jid, Span patience) {
  waiting_[jid].push_back(id);
  pending_.at(id).timer = later(patience, [this, id, jid] { patience_ends(id, jid); });
}

void SimHost::patience_ends(OpId id, int jid) {
  if (const auto found = waiting_.find(jid); found != waiting_.end()) {
    std::erase(found->second, id);
    if (found->second.empty()) waiting_.erase(found);
  }
  const Op& op = pending_.at(id).op;
  if (const auto* remove = std::get_if<Remove>(&op.what)) {
    const std::string left = std::to_string(kernel_->processes_below(jid));
    complete(id, Fail(Kind::timeout, "jail " + remove->key.name + " still has " + left + " processes after SIGKILL"));
    return;
  }
  const Jail* jail = kernel_->find(jid);
  complete(id, Reply{Terminated{jail == nullptr ? 0 : static_cast<int>(jail->pids.size())}});
}

// The last process of `jail` (`itself`), or of a jail below it, is gone: completes what waited for that.
void SimHost::look_at_waiting(const Jail& jail, bool itself) {
  const auto found = waiting_.find(jail.jid);
  if (found == waiting_.end()) return;
  const bool all_gone = kernel_->processes_below(jail.jid) == 0;
  std::vector<OpId> still;
  for (const OpId id : std::exchange(found->second, {})) {
    const bool removal = std::holds_alternative<Remove>(pending_.at(id).op.what);
    if (removal && all_gone) {
      complete(id, Reply{Nothing{}}, true);
    } else if (!removal && itself) {
      complete(id, Reply{Terminated{0}}, true);
    } else {
      still.push_back(id);
    }
  }
  if (still.empty()) {
    waiting_.erase(jail.jid);
  } else {
    waiting_[jail.jid] = std::move(still);
  }
}

}  // namespace jaild::host::sim
