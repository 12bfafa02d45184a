// Which jail has which address. Any thread.
#pragma once

#include <string>
#include <vector>

namespace jaild::host {

// Why the kernel would refuse a jail of this name and these addresses: "address 192.0.2.7 is held by jail db ...", or
// "" when it would not. Two jails may share an address only when each has no other one of that family.
[[nodiscard]] std::string address_conflict(const std::string& name, const std::vector<std::string>& ip4,
                                           const std::vector<std::string>& ip6);

}  // namespace jaild::host
