// rctl(8) and cpuset(1) in hooks: what people write there because jail.conf(5) has no word for limits.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "api/contract/cpu_list.h"
#include "api/contract/rctl_rule.h"

namespace jaild::jailconf {

// What one command does to the limits of a jail; one of the three.
struct HookLimits {
  std::vector<RctlRule> add;          // rctl -a jail:NAME:RULE ...
  std::optional<std::string> remove;  // rctl -r jail:NAME[:FILTER]; the filter, "" for all rules of the jail
  std::optional<CpuList> cpuset;      // cpuset -l LIST -j NAME
};

// What a hook's command line does to the limits of a jail.
struct HookReading {
  std::vector<HookLimits> limits;  // what it does whatever happens, in order
  bool whole = false;              // and nothing else: without the line nothing is missing but `limits`
  bool more_limits = false;        // it also sets limits of the jail, or may, in a way that is not read here
  bool more_cpus = false;          // the same of its CPUs
  std::set<std::string> others;    // jails of other names whose limits it sets
};

// Read are commands of their own and those that stand beside others (`;`, `&&`, `||`, redirections), in `sh -c '...'`
// or behind env(1). In `command` the jail is named NAME, $JNAME or ${JNAME}, for cpuset also $JID. The options and the
// short subject `j:` are those of rctl(8) and cpuset(1).
[[nodiscard]] HookReading read_hook(std::string_view command, std::string_view jail);

// The rules for the jail in a text like /etc/rctl.conf, one on each line; comments and other subjects are left out.
// `wrong` gets the lines about this jail that are no rule.
[[nodiscard]] std::vector<RctlRule> rules_of_rctl_conf(std::string_view text, std::string_view jail,
                                                       std::vector<std::string>& wrong);

}  // namespace jaild::jailconf
