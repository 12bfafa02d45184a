// SetRules and SetCpuset.
#include <algorithm>
#include <cerrno>

#include "daemon/host/sim/refusal.h"
#include "daemon/host/sim/sim_host.h"

namespace jaild::host::sim {
namespace {

bool contains(const std::vector<RctlRule>& rules, const RctlRule& rule) {
  return std::find(rules.begin(), rules.end(), rule) != rules.end();
}

bool in_force(const std::vector<RuleInForce>& rules, const RctlRule& rule) {
  return std::any_of(rules.begin(), rules.end(), [&](const RuleInForce& each) { return each.rule == rule; });
}

}  // namespace

SimHost::Outcome SimHost::perform(OpId, const SetRules& what) {
  const Jail* live = kernel_->find_alive(what.key.name);
  const bool another = live != nullptr && live->jid != what.key.jid;
  const bool none = live == nullptr && what.key.jid != 0;
  const bool nothing_to_set = what.rules.empty() && what.hook_rules.empty();
  if (another || (none && !nothing_to_set)) {
    const bool before_create = what.key.jid == 0;  // a jail that others made meanwhile, which Create will find
    if (!before_create || !nothing_to_set) kernel_->note(Finding::stale_call, what.key.name, "rctl");
    if (nothing_to_set) return Result<Reply>(OtherRules{});
    return Result<Reply>(Fail(Kind::not_running, "jail " + what.key.name + " is gone or is another one"));
  }
  if (!kernel_->accounts().enabled() && nothing_to_set) return Result<Reply>(OtherRules{});
  kernel_->watch_change(what.key.name, what.rules);
  const auto changed = change_rules(what);
  kernel_->watch_change(what.key.name, std::nullopt);
  if (!changed) return Result<Reply>(Fail(changed.error()));
  if (live != nullptr && live->expected) {
    Expectation expected = *live->expected;
    expected.rules = what.rules;
    kernel_->expect_limits(live->jid, std::move(expected));
  }
  return Result<Reply>(std::move(*changed));
}

// First what is new, then what is no longer wanted, so that no resource is without a rule meanwhile (R8.5).
Result<OtherRules> SimHost::change_rules(const SetRules& what) {
  const std::string& jail = what.key.name;
  std::vector<RctlRule> wanted = what.rules;
  for (const std::string& text : what.hook_rules) {
    const auto rule = RctlRule::parse(std::string_view(text).substr(("jail:" + jail + ":").size()));
    if (!rule) return Fail(rule.error().in("rule " + text));
    wanted.push_back(*rule);
  }
  for (const RctlRule& rule : wanted) {
    if (in_force(kernel_->accounts().rules(jail), rule)) continue;
    if (const int error = faults_->on_rule(jail, rule); error != 0) {
      return refuse(error, "rctl_add_rule " + rule.kernel_text(jail));
    }
    if (const auto added = kernel_->rctl_add(jail, rule, Actor::jaild); !added) return Fail(added.error());
  }
  const std::vector<RuleInForce> before = kernel_->accounts().rules(jail);
  for (const RuleInForce& each : before) {
    if (what.others_stay || contains(wanted, each.rule)) continue;
    const auto gone = kernel_->rctl_remove(jail, each.rule, Actor::jaild);
    if (!gone && gone.error().os_errno != ESRCH) return Fail(gone.error());
  }
  const auto& now = kernel_->accounts().rules(jail);
  for (const RctlRule& rule : wanted) {
    if (!in_force(now, rule)) {
      return Fail(Kind::host_refused, "rule " + rule.kernel_text(jail) + " is not in force: another one replaced it");
    }
  }
  OtherRules others;
  for (const RuleInForce& each : now) {
    if (!contains(wanted, each.rule)) others.rules.push_back(each.rule.kernel_text(jail));
  }
  return others;
}

SimHost::Outcome SimHost::perform(OpId, const SetCpuset& what) {
  const Jail* jail = jail_of(what.key, "cpuset");
  if (jail == nullptr) return Result<Reply>(Fail(Kind::not_running, "jail " + what.key.name + " is gone"));
  const Jail* parent = kernel_->find(jail->parent);
  const CpuList most = parent != nullptr ? parent->cpus : kernel_->cpus();
  const auto set = kernel_->set_jail_cpus(what.key.jid, what.cpus.value_or(most), Actor::jaild);
  if (!set) {
    Error error = set.error();
    if (error.os_errno == EINVAL) error.kind = Kind::invalid;  // CPUs that the host or the parent jail does not have
    return Result<Reply>(Fail(std::move(error)));
  }
  if (jail->expected) {
    Expectation expected = *jail->expected;
    expected.cpus = what.cpus;
    kernel_->expect_limits(what.key.jid, std::move(expected));
  }
  return Result<Reply>(Nothing{});
}

}  // namespace jaild::host::sim
