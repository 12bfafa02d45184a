// rctl rules against processes, and the root cpusets of jails (freebsd-kernel.md 5.5, 6).
#include <algorithm>
#include <cerrno>
#include <iterator>

#include "daemon/host/sim/kernel.h"
#include "daemon/host/sim/refusal.h"

namespace jaild::host::sim {
namespace {

// nullopt: they have no CPU in common.
std::optional<CpuList> intersection(const CpuList& a, const CpuList& b) {
  if (a.within(b)) return a;
  std::vector<int> common;
  std::set_intersection(a.ids().begin(), a.ids().end(), b.ids().begin(), b.ids().end(), std::back_inserter(common));
  if (common.empty()) return std::nullopt;
  std::string text;
  for (const int id : common) text += (text.empty() ? "" : ",") + std::to_string(id);
  return *CpuList::parse(text);
}

}  // namespace

Result<void> SimKernel::rctl_add(const std::string& name, const RctlRule& rule, Actor actor) {
  count_change(actor);
  const Jail* jail = find_alive(name);
  if (jail != nullptr && actor == Actor::jaild && jail->maker != actor) {
    note(Finding::foreign_touched, name, "rule " + rule.text());
  }
  if (const auto added = accounts_.add(name, rule, actor); !added) return added;
  if (jail == nullptr || jail->children.empty()) return {};
  // Processes that are in child jails now get the rule too; those that attach to one later do not.
  std::uint64_t id = 0;
  for (const RuleInForce& each : accounts_.rules(name)) {
    if (each.rule == rule) id = each.id;
  }
  std::vector<int> left = jail->children;
  while (!left.empty()) {
    const Jail& below = jails_.at(left.back());
    left.pop_back();
    left.insert(left.end(), below.children.begin(), below.children.end());
    for (const int pid : below.pids) {
      auto& rules = processes_.at(pid).extra_rules;
      if (std::find(rules.begin(), rules.end(), id) == rules.end()) rules.push_back(id);
    }
  }
  return {};
}

Result<void> SimKernel::rctl_remove(const std::string& name, const RctlRule& given, Actor actor) {
  count_change(actor);
  const RctlRule rule = given;  // the caller's may be the very one that goes
  if (const auto gone = accounts_.remove(name, rule); !gone) return gone;
  const auto found = alive_.find(name);
  Jail* jail = found == alive_.end() ? nullptr : find_mutable(found->second);
  if (actor == Actor::other) {
    if (jail != nullptr && jail->expected) std::erase(jail->expected->rules, rule);
    return {};
  }
  if (jail != nullptr && jail->maker == Actor::other) note(Finding::foreign_touched, name, "rule " + rule.text());
  if (!change_ || change_->first != name) return {};
  const auto limits = [&](const RctlRule& each) { return each.resource() == rule.resource(); };
  const auto& rules = accounts_.rules(name);
  const auto& towards = change_->second;
  const bool still = std::any_of(rules.begin(), rules.end(), [&](const auto& each) { return limits(each.rule); });
  if (!still && std::any_of(towards.begin(), towards.end(), limits)) {
    note(Finding::moment_without_limit, name, std::string(to_string(rule.resource())));
  }
  return {};
}

void SimKernel::expect_limits(int jid, Expectation expected) {
  if (Jail* jail = find_mutable(jid)) jail->expected = std::move(expected);
}

void SimKernel::watch_change(const std::string& jail, std::optional<std::vector<RctlRule>> towards) {
  change_.reset();
  if (towards) change_.emplace(jail, std::move(*towards));
}

void SimKernel::observe_entry(const Jail& jail, const Process& process) {
  if (!jail.expected) return;
  const auto& rules = accounts_.rules(jail.name);
  for (const RctlRule& wanted : jail.expected->rules) {
    const bool there = std::any_of(rules.begin(), rules.end(), [&](const auto& each) { return each.rule == wanted; });
    if (!there) note(Finding::process_without_limits, jail.name, process.command + " without " + wanted.text());
  }
  if (jail.expected->cpus && !(jail.cpus == *jail.expected->cpus)) {
    note(Finding::process_without_limits, jail.name, process.command + " on CPUs " + jail.cpus.text());
  }
}

Result<void> SimKernel::check_narrowing(const Jail& jail, const CpuList& cpus) const {
  for (const int pid : jail.pids) {
    const auto& own = processes_.at(pid).own_cpus;
    if (own && !intersection(*own, cpus)) {
      return refuse(EDEADLK, "process " + std::to_string(pid) + " keeps CPUs " + own->text());
    }
  }
  for (const int child : jail.children) {
    const Jail& each = jails_.at(child);
    const auto narrowed = intersection(each.cpus, cpus);
    if (!narrowed) return refuse(EDEADLK, "jail " + each.name + " keeps CPUs " + each.cpus.text());
    if (const auto fine = check_narrowing(each, *narrowed); !fine) return fine;
  }
  return {};
}

// What has a narrower set of its own is only ANDed, never widened again (freebsd-kernel.md, trap 28).
void SimKernel::narrow_below(Jail& jail) {
  for (const int pid : jail.pids) {
    auto& own = processes_.at(pid).own_cpus;
    if (own) own = intersection(*own, jail.cpus);
  }
  for (const int child : jail.children) {
    Jail& each = jails_.at(child);
    each.cpus = intersection(each.cpus, jail.cpus).value_or(jail.cpus);
    narrow_below(each);
  }
}

Result<void> SimKernel::set_jail_cpus(int jid, const CpuList& cpus, Actor actor) {
  count_change(actor);
  Jail* jail = find_mutable(jid);
  if (jail == nullptr || jail->dying) return refuse(ESRCH, "jail " + std::to_string(jid) + " not found");
  if (actor == Actor::jaild && jail->maker != actor) note(Finding::foreign_touched, jail->name, "cpuset");
  const Jail* parent = find(jail->parent);
  const CpuList& most = parent != nullptr ? parent->cpus : cpus_;
  if (!cpus.within(most)) return refuse(EINVAL, "cpuset " + cpus.text() + " is not within " + most.text());
  if (const auto fine = check_narrowing(*jail, cpus); !fine) return fine;
  jail->cpus = cpus;
  narrow_below(*jail);
  if (actor == Actor::other) {
    if (jail->expected) jail->expected->cpus.reset();
    tell_changed(actor, *jail);
  }
  return {};
}

}  // namespace jaild::host::sim
