#include "daemon/host/sim/accounts.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <limits>

#include "daemon/host/sim/refusal.h"

namespace jaild::host::sim {
namespace {

bool in_millionths(Resource resource) {
  return resource == Resource::cputime || resource == Resource::wallclock || resource == Resource::pcpu;
}

// Whether adding `added` replaces `present` (kern_rctl.c, as in freebsd-kernel.md 5.4).
bool replaces(const RctlRule& added, const RctlRule& present) {
  if (added == present) return true;
  return added.action() == "deny" && present.action() == "deny" && added.resource() == present.resource() &&
         added.per() == present.per();
}

}  // namespace

Result<void> Accounts::add(const std::string& jail, const RctlRule& rule, Actor maker) {
  if (!enabled_) return refuse(ENOSYS, "rctl_add_rule");
  const std::uint64_t greatest = std::numeric_limits<std::int64_t>::max();
  if (rule.amount() > greatest || (in_millionths(rule.resource()) && rule.amount() > greatest / 1'000'000)) {
    return refuse(ERANGE, "rule " + rule.kernel_text(jail));
  }
  auto& rules = rules_[jail];
  for (RuleInForce& present : rules) {
    if (!replaces(rule, present.rule)) continue;
    present.rule = rule;
    present.maker = maker;
    return {};
  }
  rules.push_back(RuleInForce{rule, maker, next_id_});
  jail_of_rule_.emplace(next_id_++, jail);
  return {};
}

Result<void> Accounts::remove(const std::string& jail, const RctlRule& rule) {
  if (!enabled_) return refuse(ENOSYS, "rctl_remove_rule");
  const auto found = rules_.find(jail);
  if (found == rules_.end()) return refuse(ESRCH, "rule " + rule.kernel_text(jail));
  auto& rules = found->second;
  const auto at = std::find_if(rules.begin(), rules.end(), [&](const RuleInForce& r) { return r.rule == rule; });
  if (at == rules.end()) return refuse(ESRCH, "rule " + rule.kernel_text(jail));
  jail_of_rule_.erase(at->id);
  rules.erase(at);
  if (rules.empty()) {
    rules_.erase(found);
    forget_if_unused(jail);
  }
  return {};
}

const std::vector<RuleInForce>& Accounts::rules(const std::string& jail) const {
  static const std::vector<RuleInForce> none;
  const auto found = rules_.find(jail);
  return found == rules_.end() ? none : found->second;
}

void Accounts::bring_forward(Account& account, Moment now) {
  const double seconds = std::max(0.0, std::chrono::duration<double>(now - account.since).count());
  account.cpu_seconds += seconds * account.cpu_percent / 100;
  account.wall_seconds += seconds * account.processes;
  account.since = std::max(account.since, now);
}

Result<Counters> Accounts::counters(const std::string& jail, Moment now) const {
  if (!enabled_) return refuse(ENOSYS, "rctl_get_racct");
  const auto found = accounts_.find(jail);
  if (found == accounts_.end()) return Counters{};
  Account account = found->second;
  bring_forward(account, now);
  return Counters{account.processes, account.threads, account.cpu_percent, account.cpu_seconds, account.wall_seconds};
}

void Accounts::jail_came(const std::string& jail) {
  ++accounts_[jail].jails;
}

void Accounts::jail_went(const std::string& jail) {
  const auto found = accounts_.find(jail);
  if (found == accounts_.end()) return;
  --found->second.jails;
  forget_if_unused(jail);
}

void Accounts::forget_if_unused(const std::string& jail) {
  const auto found = accounts_.find(jail);
  if (found != accounts_.end() && found->second.jails == 0 && !rules_.contains(jail)) accounts_.erase(found);
}

void Accounts::rename(const std::string& from, const std::string& to) {
  const auto found = accounts_.find(from);
  if (found == accounts_.end()) return;
  const Account moved = found->second;
  accounts_.erase(found);
  Account& target = accounts_[to];  // may be there already: a dying jail's, or rules made in advance
  bring_forward(target, moved.since);
  target.jails += moved.jails;
  target.processes += moved.processes;
  target.threads += moved.threads;
  target.cpu_percent += moved.cpu_percent;
  target.cpu_seconds += moved.cpu_seconds;
  target.wall_seconds += moved.wall_seconds;
}

void Accounts::charge(const std::string& jail, Moment now, int processes, int threads, int cpu_percent) {
  Account& account = accounts_[jail];
  bring_forward(account, now);
  account.processes += processes;
  account.threads += threads;
  account.cpu_percent += cpu_percent;
}

std::vector<const RuleInForce*> Accounts::overstepped(const std::string& jail, int threads,
                                                      const std::vector<std::uint64_t>& extra) const {
  std::vector<const RuleInForce*> over;
  if (!enabled_ || (extra.empty() && !rules_.contains(jail))) return over;
  const auto account = accounts_.find(jail);
  const Account now = account == accounts_.end() ? Account{} : account->second;
  const auto look_at = [&](const RuleInForce& each) {
    const RctlRule& rule = each.rule;
    if (rule.per() != LimitPer::jail) return;
    const bool processes = rule.resource() == Resource::maxproc;
    if (!processes && rule.resource() != Resource::nthr) return;
    const int would_be = processes ? now.processes + 1 : now.threads + threads;
    if (static_cast<std::uint64_t>(would_be) > rule.amount()) over.push_back(&each);
  };
  for (const RuleInForce& each : rules(jail)) look_at(each);
  for (const std::uint64_t id : extra) {
    const auto owner = jail_of_rule_.find(id);
    if (owner == jail_of_rule_.end()) continue;
    for (const RuleInForce& each : rules(owner->second)) {
      if (each.id == id) look_at(each);
    }
  }
  return over;
}

void Accounts::reboot() {
  accounts_.clear();
  rules_.clear();
  jail_of_rule_.clear();
}

Usage usage_of(const Counters& counters, int cpus) {
  const auto processes = static_cast<std::uint64_t>(std::max(counters.processes, 0));
  const auto threads = static_cast<std::uint64_t>(std::max(counters.threads, 0));
  const auto busy = static_cast<std::uint64_t>(std::clamp(counters.cpu_percent, 0, 100 * cpus));
  constexpr std::uint64_t kib = 1024;
  Usage usage;
  for (const Resource resource : all_resources()) usage.resources[resource] = 0;
  auto& values = usage.resources;
  values[Resource::cputime] = static_cast<std::uint64_t>(counters.cpu_seconds);
  values[Resource::wallclock] = static_cast<std::uint64_t>(counters.wall_seconds);
  values[Resource::pcpu] = busy;
  values[Resource::maxproc] = processes;
  values[Resource::nthr] = threads;
  values[Resource::openfiles] = processes * 8;
  values[Resource::datasize] = processes * 1024 * kib;
  values[Resource::stacksize] = threads * 128 * kib;
  values[Resource::memoryuse] = processes * 4096 * kib;
  values[Resource::vmemoryuse] = processes * 16'384 * kib;
  values[Resource::swapuse] = processes * 1024 * kib;
  values[Resource::readbps] = busy * 4 * kib;
  values[Resource::writebps] = busy * kib;
  values[Resource::readiops] = busy;
  values[Resource::writeiops] = busy / 4;
  return usage;
}

}  // namespace jaild::host::sim
