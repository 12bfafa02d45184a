// rctl(8) and cpuset(1) in hooks: what people write in exec.created because jail.conf(5) has no word for limits.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/contract/cpu_list.h"
#include "api/contract/rctl_rule.h"

namespace jaild::jailconf {

// What one command line does to the limits of a jail, if it does nothing else.
struct HookLimits {
  std::vector<RctlRule> add;      // rctl -a jail:NAME:RULE ...
  bool remove = false;            // rctl -r jail:NAME...
  std::optional<CpuList> cpuset;  // cpuset -l LIST -j NAME
};

// nullopt: the command is anything else: another program, another jail's name, a shell's syntax, an option that is not
// known here, a rule that is none. In `command` the jail is named NAME, $JNAME or ${JNAME}, for cpuset also $JID.
[[nodiscard]] std::optional<HookLimits> limits_of_command(std::string_view command, std::string_view jail);

// The rules for the jail in a text like /etc/rctl.conf, one on each line; comments and other subjects are left out.
// `wrong` gets the lines about this jail that are no rule.
[[nodiscard]] std::vector<RctlRule> rules_of_rctl_conf(std::string_view text, std::string_view jail,
                                                       std::vector<std::string>& wrong);

}  // namespace jaild::jailconf
