// RACCT and RCTL for jails (facts section 5): everything is keyed by the jail's name, never by its jid.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "api/contract/jail_status.h"
#include "api/contract/rctl_rule.h"
#include "api/contract/result.h"
#include "daemon/host/sim/observations.h"

namespace jaild::host::sim {

struct RuleInForce {
  RctlRule rule;
  Actor maker = Actor::jaild;
  std::uint64_t id = 0;
};

// What one jail, its child jails included, uses now.
struct Counters {
  int processes = 0;
  int threads = 0;
  int cpu_percent = 0;
  double cpu_seconds = 0;
  double wall_seconds = 0;  // summed over processes
};

class Accounts {
 public:
  // `enabled`: kern.racct.enable; without it every call gives ENOSYS. Fixed at boot (freebsd-kernel.md, trap 11).
  explicit Accounts(bool enabled) : enabled_(enabled) {}
  [[nodiscard]] bool enabled() const { return enabled_; }

  // rctl_add_rule(2): accepted also for a jail that does not exist. A deny rule replaces one that differs only in the
  // amount; of the others only the same rule is replaced. ERANGE: too much after scaling to millionths.
  Result<void> add(const std::string& jail, const RctlRule& rule, Actor maker);
  // rctl_remove_rule(2): ESRCH when there is no such rule.
  Result<void> remove(const std::string& jail, const RctlRule& rule);
  [[nodiscard]] const std::vector<RuleInForce>& rules(const std::string& jail) const;
  [[nodiscard]] const std::unordered_map<std::string, std::vector<RuleInForce>>& all_rules() const { return rules_; }

  // rctl_get_racct(2): a name that nobody has reads as zeros, without an error (freebsd-kernel.md, trap 9).
  [[nodiscard]] Result<Counters> counters(const std::string& jail, Moment now) const;

  // A jail of this name came, or reached its last reference. The counters go when neither jails nor rules have the
  // name.
  void jail_came(const std::string& jail);
  void jail_went(const std::string& jail);
  void rename(const std::string& from, const std::string& to);  // counters move, rules stay

  void charge(const std::string& jail, Moment now, int processes, int threads, int cpu_percent);

  // The rules of `jail`, and those of `extra` (rule ids), that one more process of `threads` threads would overstep.
  // They look at the counters of `jail`.
  [[nodiscard]] std::vector<const RuleInForce*> overstepped(const std::string& jail, int threads,
                                                            const std::vector<std::uint64_t>& extra) const;

  void reboot();

 private:
  struct Account {
    int jails = 0;  // alive or dying
    int processes = 0;
    int threads = 0;
    int cpu_percent = 0;
    double cpu_seconds = 0;  // until `since`
    double wall_seconds = 0;
    Moment since{};
  };
  static void bring_forward(Account& account, Moment now);
  void forget_if_unused(const std::string& jail);

  bool enabled_;
  std::unordered_map<std::string, Account> accounts_;
  std::unordered_map<std::string, std::vector<RuleInForce>> rules_;
  std::unordered_map<std::uint64_t, std::string> jail_of_rule_;
  std::uint64_t next_id_ = 1;
};

// All 25 resources of a jail with these counters: plausible figures, each derived from its processes.
[[nodiscard]] Usage usage_of(const Counters& counters, int cpus);

}  // namespace jaild::host::sim
