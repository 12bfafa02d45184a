// rctl(2): rules and usage of jails. The kernel knows jails by name here, not by jid. Any thread.
#pragma once

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

// Makes the rules of the jail exactly `wanted`: new ones first, so that there is no moment without a limit; then reads
// back. Every rule that is not in force afterwards is named.
Result<void> set_jail_rules(const std::string& jail, const std::vector<RctlRule>& wanted);

// Zeros for a jail that does not exist: look first.
Result<Usage> jail_usage(const std::string& jail);

}  // namespace jaild::host
