// rctl(2): rules and usage of jails. The kernel knows jails by name here, not by jid. Any thread.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "api/contract/jail_status.h"
#include "api/contract/result.h"

namespace jaild::host {

// kern.racct.enable: a loader tunable, so constant while the host is up.
[[nodiscard]] bool racct_enabled();
// What to do so that it is; "" when it is.
[[nodiscard]] std::string racct_hint();

// Every rule for a jail, by the jail's name, as the kernel prints it: "jail:www:memoryuse:deny=2147483648".
Result<std::map<std::string, std::vector<std::string>>> all_jail_rules();

// The calls of rctl(2) that change rules: what is asked and its size, room for the answer and its size; 0, or -1 with
// errno.
struct RctlCalls {
  using Call = std::function<int(const char*, std::size_t, char*, std::size_t)>;
  Call get_rules;
  Call add_rule;
  Call remove_rule;
};
[[nodiscard]] const RctlCalls& kernel_rctl();

// Makes the rules of the jail exactly `texts`, which are as the kernel prints them: new ones first, so that there is no
// moment without a limit; then reads back. Every rule that is not in force afterwards is named. `others_stay`: other
// rules of the jail's name are left and returned.
Result<std::vector<std::string>> set_jail_rules(const std::string& jail, const std::vector<std::string>& texts,
                                                bool others_stay, const RctlCalls& calls = kernel_rctl());

// Zeros for a jail that does not exist: look first.
Result<Usage> jail_usage(const std::string& jail);

}  // namespace jaild::host
