// The network of one jail: which stack it gets, and the interfaces that jaild puts into it.
#pragma once

#include <string>
#include <vector>

#include "api/contract/jail_spec.h"
#include "api/contract/result.h"
#include "daemon/core/resource.h"

namespace jaild::host {

enum class NetworkStack { own, none, host };  // none: a stack of its own in which nothing is up

[[nodiscard]] NetworkStack network_stack(const JailSpec& spec);

struct NetworkPlan {
  std::vector<core::LedgerEntry> interfaces;  // to acquire after the jail exists
  std::vector<std::string> missing;
};

// One veth for each bridge named in ip4.addr and ip6.addr, one entry for each vnet.interface. The host end's name and
// both hardware addresses are chosen here at random and kept in the entry: they are the mark by which it is known
// again. Reads the host's interfaces, changes nothing.
// The interfaces that plan_network() finds, in its order, without a look at the host: a veth pair, whose name is chosen
// at the start, is called BRIDGE|ADDR/LEN.
[[nodiscard]] std::vector<core::LedgerEntry> named_interfaces(const JailSpec& spec);

Result<NetworkPlan> plan_network(const JailSpec& spec);

// `netns`: the descriptor of the jail's stack. Idempotent. An interface of that name that does not carry the entry's
// mark is somebody else's: Kind::exists.
Result<void> acquire_interface(const core::LedgerEntry& entry, int netns);

// Gone already, or not carrying the mark: success. `netns` may be -1 when the jail's stack is gone: the kernel has then
// sent hardware interfaces back by itself.
Result<void> release_interface(const core::LedgerEntry& entry, int netns);

}  // namespace jaild::host
