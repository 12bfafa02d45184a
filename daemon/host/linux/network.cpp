#include "daemon/host/linux/network.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <map>
#include <random>

#include "api/contract/ip_text.h"
#include "api/contract/param_table.h"
#include "daemon/host/linux/kernel_file.h"
#include "daemon/host/linux/netlink.h"

namespace jaild::host {
namespace {

using core::LedgerEntry;
using core::ResourceKind;

// ---- marks
// -------------------------------------------------------------------------------------------------------------

// "jd" and eight characters: ten of the fifteen that an interface name may have, out of 36^8 names.
std::string random_name() {
  static constexpr char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::random_device random;
  std::string name = "jd";
  for (int i = 0; i < 8; ++i) name += digits[random() % 36];
  return name;
}

// Locally administered. The host end starts with fe, so that a bridge, which takes its lowest port's address, keeps its
// own.
std::string random_mac(unsigned first) {
  std::random_device random;
  std::array<char, 18> text{};
  std::snprintf(text.data(), text.size(), "%02x:6a:%02x:%02x:%02x:%02x", first, random() & 0xff, random() & 0xff,
                random() & 0xff, random() & 0xff);
  return text.data();
}

std::string mac_text(const MacAddress& mac) {
  std::array<char, 18> text{};
  std::snprintf(text.data(), text.size(), "%02x:%02x:%02x:%02x:%02x:%02x", unsigned{mac[0]}, unsigned{mac[1]},
                unsigned{mac[2]}, unsigned{mac[3]}, unsigned{mac[4]}, unsigned{mac[5]});
  return text.data();
}

MacAddress mac_of(const std::string& text) {
  MacAddress mac{};
  const auto pieces = split(text, ':');
  for (std::size_t i = 0; i < mac.size() && i < pieces.size(); ++i) {
    mac[i] = static_cast<std::uint8_t>(std::strtoul(pieces[i].c_str(), nullptr, 16));
  }
  return mac;
}

std::string detail(const LedgerEntry& entry, const char* name) {
  const auto found = entry.detail.find(name);
  return found == entry.detail.end() ? std::string() : found->second;
}

// ---- planning
// ----------------------------------------------------------------------------------------------------------

struct Wanted {
  std::string bridge;
  std::string addresses;  // "10.0.0.2/24 fd00::2/64"
};

Result<void> collect(const JailSpec& spec, bool v6, std::vector<Wanted>& wanted) {
  for (const std::string& text : spec.list(v6 ? "ip6.addr" : "ip4.addr")) {
    auto address = parse_address(text, v6);
    if (!address) return Fail(address.error());
    const std::string bridge = address->interface.empty() ? spec.text("interface") : address->interface;
    auto same = std::find_if(wanted.begin(), wanted.end(), [&](const Wanted& one) { return one.bridge == bridge; });
    if (same == wanted.end()) same = wanted.insert(wanted.end(), Wanted{bridge, ""});
    if (!same->addresses.empty()) same->addresses += ' ';
    same->addresses += address->address + "/" + std::to_string(address->prefix_length);
  }
  return {};
}

Result<std::vector<Wanted>> collect(const JailSpec& spec) {
  std::vector<Wanted> wanted;
  for (const bool v6 : {false, true}) {
    if (auto collected = collect(spec, v6, wanted); !collected) return Fail(collected.error());
  }
  return wanted;
}

Result<void> plan_veth(Netlink& host, const Wanted& wanted, NetworkPlan& plan) {
  auto bridge = host.find(wanted.bridge);
  if (!bridge) return Fail(bridge.error());
  if (!*bridge) {
    plan.missing.push_back("bridge " + wanted.bridge + " does not exist");
    return {};
  }
  if ((*bridge)->kind != "bridge") {
    plan.missing.push_back("interface " + wanted.bridge + " is not a bridge");
    return {};
  }
  LedgerEntry entry{ResourceKind::interface, random_name(), {}, false};
  for (int tries = 0; tries < 8; ++tries) {
    auto taken = host.find(entry.id);
    if (!taken) return Fail(taken.error());
    if (!*taken) break;
    entry.id = random_name();
  }
  entry.detail = {{"how", "veth"},
                  {"bridge", wanted.bridge},
                  {"inside", "eth" + std::to_string(plan.interfaces.size())},
                  {"addresses", wanted.addresses},
                  {"mac", random_mac(0xfe)},
                  {"inside_mac", random_mac(0x02)}};
  plan.interfaces.push_back(std::move(entry));
  return {};
}

Result<void> plan_move(Netlink& host, const std::string& name, NetworkPlan& plan) {
  auto link = host.find(name);
  if (!link) return Fail(link.error());
  if (!*link) {
    plan.missing.push_back("interface " + name + " does not exist");
    return {};
  }
  plan.interfaces.push_back(
      LedgerEntry{ResourceKind::interface, name, {{"how", "move"}, {"mac", mac_text((*link)->mac)}}, false});
  return {};
}

// ---- making
// ------------------------------------------------------------------------------------------------------------

Result<std::vector<InterfaceAddress>> addresses_of(const LedgerEntry& entry) {
  std::vector<InterfaceAddress> addresses;
  for (const std::string& text : split(detail(entry, "addresses"), ' ')) {
    const bool v6 = text.find(':') != std::string::npos;
    const auto slash = text.find('/');
    const auto bytes = parse_ip(text.substr(0, slash), v6);
    unsigned long long length = 0;
    if (!bytes || slash == std::string::npos || !to_number(text.substr(slash + 1), length)) {
      return Fail(Kind::internal, "'" + text + "' is not an address");
    }
    const std::size_t size = v6 ? 16 : 4;
    addresses.push_back({v6 ? AF_INET6 : AF_INET,
                         {bytes->begin(), bytes->begin() + static_cast<long>(size)},
                         static_cast<int>(length)});
  }
  return addresses;
}

bool same_prefix(const InterfaceAddress& one, const InterfaceAddress& other) {
  if (one.family != other.family) return false;
  for (int bit = 0; bit < one.prefix_length; ++bit) {
    const auto octet = static_cast<std::size_t>(bit / 8);
    const int mask = 0x80 >> (bit % 8);
    if ((one.octets[octet] & mask) != (other.octets[octet] & mask)) return false;
  }
  return true;
}

bool link_local(const InterfaceAddress& address) {
  return address.family == AF_INET6 && address.octets[0] == 0xfe && (address.octets[1] & 0xc0) == 0x80;
}

// The bridge's own address in the same prefix is the way out, where it has one.
Result<void> add_route(Netlink& jail, int index, const InterfaceAddress& address,
                       const std::vector<InterfaceAddress>& bridge_addresses) {
  for (const InterfaceAddress& gateway : bridge_addresses) {
    if (link_local(gateway) || gateway.octets == address.octets || !same_prefix(address, gateway)) continue;
    return jail.add_default_route(index, gateway);
  }
  return {};
}

Result<void> configure_inside(const LedgerEntry& entry, int netns, const std::vector<InterfaceAddress>& gateways) {
  auto jail = Netlink::open_in(netns);
  if (!jail) return Fail(jail.error());
  auto link = jail->find(detail(entry, "inside"));
  if (!link) return Fail(link.error());
  if (!*link) return Fail(Kind::missing, detail(entry, "inside") + " is not in the jail", ENODEV);
  auto addresses = addresses_of(entry);
  if (!addresses) return Fail(addresses.error());
  const int index = (*link)->index;
  for (const InterfaceAddress& address : *addresses) {
    if (auto added = jail->add_address(index, address); !added) return added;
  }
  if (auto up = jail->set_up(index); !up) return up;
  for (const InterfaceAddress& address : *addresses) {
    if (auto routed = add_route(*jail, index, address, gateways); !routed) return routed;
  }
  return {};
}

Result<void> acquire_veth(const LedgerEntry& entry, int netns) {
  auto host = Netlink::open();
  if (!host) return Fail(host.error());
  auto bridge = host->find(detail(entry, "bridge"));
  if (!bridge) return Fail(bridge.error());
  if (!*bridge) return Fail(Kind::missing, "bridge " + detail(entry, "bridge") + " does not exist", ENODEV);
  // What a crash left half made is of no use: its other end may be in a jail that is gone.
  if (auto released = release_interface(entry, -1); !released) return released;
  const VethEnd here{entry.id, mac_of(detail(entry, "mac"))};
  const VethEnd there{detail(entry, "inside"), mac_of(detail(entry, "inside_mac"))};
  if (auto made = host->make_veth(here, there, netns, (*bridge)->mtu); !made) return made;
  auto link = host->find(entry.id);
  if (!link) return Fail(link.error());
  if (!*link) return Fail(Kind::missing, "interface " + entry.id + " vanished", ENODEV);
  if (auto joined = host->set_master((*link)->index, (*bridge)->index); !joined) return joined;
  if (auto up = host->set_up((*link)->index); !up) return up;
  auto gateways = host->addresses((*bridge)->index);
  if (!gateways) return Fail(gateways.error());
  return configure_inside(entry, netns, *gateways);
}

// Brought up where it arrives: nothing in the jail has the right to.
Result<void> move_between(Netlink& from, const LedgerEntry& entry, int to, bool& moved) {
  auto link = from.find(entry.id);
  if (!link) return Fail(link.error());
  moved = *link && mac_text((*link)->mac) == detail(entry, "mac");
  if (!moved) return {};
  return from.move((*link)->index, to);
}

Result<void> acquire_moved(const LedgerEntry& entry, int netns) {
  auto host = Netlink::open();
  if (!host) return Fail(host.error());
  bool moved = false;
  if (auto done = move_between(*host, entry, netns, moved); !done) return done;
  auto jail = Netlink::open_in(netns);
  if (!jail) return Fail(jail.error());
  auto link = jail->find(entry.id);
  if (!link) return Fail(link.error());
  if (!*link) return Fail(Kind::missing, "interface " + entry.id + " does not exist", ENODEV);
  return jail->set_up((*link)->index);
}

Result<void> release_moved(const LedgerEntry& entry, int netns) {
  if (netns < 0) return {};
  auto jail = Netlink::open_in(netns);
  if (!jail) return Fail(jail.error());
  const UniqueFd own(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!own) return Fail(os_error("open the host's network", errno));
  bool moved = false;
  return move_between(*jail, entry, own.get(), moved);
}

Result<void> release_veth(const LedgerEntry& entry) {
  auto host = Netlink::open();
  if (!host) return Fail(host.error());
  auto link = host->find(entry.id);
  if (!link) return Fail(link.error());
  if (!*link || (*link)->kind != "veth" || mac_text((*link)->mac) != detail(entry, "mac")) return {};
  return host->remove((*link)->index);
}

}  // namespace

NetworkStack network_stack(const JailSpec& spec) {
  if (spec.text("vnet") == "new") return NetworkStack::own;
  if (spec.text("ip4") == "inherit" || spec.text("ip6") == "inherit") return NetworkStack::host;
  const bool restricted = spec.text("ip4") == "new" || spec.text("ip6") == "new" || !spec.list("ip4.addr").empty() ||
                          !spec.list("ip6.addr").empty();
  return restricted ? NetworkStack::own : NetworkStack::none;
}

std::vector<LedgerEntry> named_interfaces(const JailSpec& spec) {
  std::vector<LedgerEntry> entries;
  const auto wanted = collect(spec);
  if (!wanted) return entries;  // refused when the spec is written
  for (const Wanted& one : *wanted) {
    entries.push_back(LedgerEntry{ResourceKind::interface, one.bridge + "|" + one.addresses, {}, false});
  }
  for (const std::string& name : spec.list("vnet.interface")) {
    entries.push_back(LedgerEntry{ResourceKind::interface, name, {}, false});
  }
  return entries;
}

Result<NetworkPlan> plan_network(const JailSpec& spec) {
  NetworkPlan plan;
  const auto collected = collect(spec);
  if (!collected) return Fail(collected.error());
  const std::vector<Wanted>& wanted = *collected;
  const std::vector<std::string> moved = spec.list("vnet.interface");
  if (wanted.empty() && moved.empty()) return plan;
  auto host = Netlink::open();
  if (!host) return Fail(host.error());
  for (const Wanted& one : wanted) {
    if (auto planned = plan_veth(*host, one, plan); !planned) return Fail(planned.error());
  }
  for (const std::string& name : moved) {
    if (auto planned = plan_move(*host, name, plan); !planned) return Fail(planned.error());
  }
  return plan;
}

Result<void> acquire_interface(const LedgerEntry& entry, int netns) {
  return detail(entry, "how") == "veth" ? acquire_veth(entry, netns) : acquire_moved(entry, netns);
}

Result<void> release_interface(const LedgerEntry& entry, int netns) {
  return detail(entry, "how") == "veth" ? release_veth(entry) : release_moved(entry, netns);
}

}  // namespace jaild::host
