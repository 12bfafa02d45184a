#include "daemon/host/freebsd/aliases.h"

#include <sys/types.h>  // before the others, which use its types

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/in_var.h>
#include <netinet6/in6_var.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <memory>
#include <thread>

#include "api/contract/ip_text.h"
#include "daemon/host/freebsd/os_error.h"
#include "daemon/host/freebsd/run_program.h"
#include "daemon/host/unique_fd.h"

namespace jaild::host {
namespace {

using core::LedgerEntry;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Detection sends net.inet6.ip6.dad_count probes, one by default, a second apart at most.
constexpr std::chrono::seconds detection_patience{5};
constexpr milliseconds detection_glance{20};
constexpr std::uint32_t forever = 0xffffffff;  // netinet6/nd6.h, ND6_INFINITE_LIFETIME; C++ cannot read that header

std::string detail(const LedgerEntry& entry, const char* name) {
  const auto found = entry.detail.find(name);
  return found == entry.detail.end() ? std::string() : found->second;
}

struct Alias {
  std::string interface;
  IpBytes address{};
  int length = 0;
  bool v6 = false;
  std::string words;  // for ifconfig(8)
};

Result<Alias> alias_of(const LedgerEntry& entry) {
  Alias alias;
  alias.interface = detail(entry, "interface");
  alias.v6 = detail(entry, "family") == "inet6";
  alias.words = detail(entry, "words");
  const auto address = parse_ip(detail(entry, "address"), alias.v6);
  const std::string length = detail(entry, "prefix_length");
  std::from_chars(length.data(), length.data() + length.size(), alias.length);
  if (!address || alias.interface.empty() || alias.interface.size() >= IFNAMSIZ) {
    return Fail(Kind::internal, "not an alias: " + entry.id);
  }
  alias.address = *address;
  return alias;
}

IpBytes mask_of(int length) {
  IpBytes mask{};
  for (int bit = 0; bit < length; ++bit)
    mask[static_cast<std::size_t>(bit / 8)] |= static_cast<std::uint8_t>(0x80 >> bit % 8);
  return mask;
}

sockaddr_in socket_address4(const IpBytes& bytes) {
  sockaddr_in address{};
  address.sin_len = sizeof address;
  address.sin_family = AF_INET;
  std::memcpy(&address.sin_addr, bytes.data(), sizeof address.sin_addr);
  return address;
}

sockaddr_in6 socket_address6(const IpBytes& bytes) {
  sockaddr_in6 address{};
  address.sin6_len = sizeof address;
  address.sin6_family = AF_INET6;
  std::memcpy(&address.sin6_addr, bytes.data(), sizeof address.sin6_addr);
  return address;
}

// The kernel shows the zone of a link-local address inside it.
IpBytes bytes_of(const sockaddr* address) {
  IpBytes bytes{};
  if (address->sa_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, address, sizeof in);
    std::memcpy(bytes.data(), &in.sin_addr, sizeof in.sin_addr);
  } else {
    sockaddr_in6 in{};
    std::memcpy(&in, address, sizeof in);
    if (IN6_IS_ADDR_LINKLOCAL(&in.sin6_addr)) in.sin6_addr.s6_addr[2] = in.sin6_addr.s6_addr[3] = 0;
    std::memcpy(bytes.data(), &in.sin6_addr, sizeof in.sin6_addr);
  }
  return bytes;
}

bool is_there(const Alias& alias) {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return false;
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(list, ::freeifaddrs);
  const int family = alias.v6 ? AF_INET6 : AF_INET;
  for (const ifaddrs* each = list; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr || each->ifa_addr->sa_family != family) continue;
    if (alias.interface == each->ifa_name && bytes_of(each->ifa_addr) == alias.address) return true;
  }
  return false;
}

template <class Request>
void set_name(Request& request, const Alias& alias) {
  std::memcpy(&request, alias.interface.c_str(), alias.interface.size() + 1);  // every request begins with the name
}

int add4(int socket, const Alias& alias) {
  in_aliasreq request{};
  set_name(request, alias);
  request.ifra_addr = socket_address4(alias.address);
  request.ifra_mask = socket_address4(mask_of(alias.length));
  return ::ioctl(socket, SIOCAIFADDR, &request) == 0 ? 0 : errno;
}

int add6(int socket, const Alias& alias) {
  in6_aliasreq request{};
  set_name(request, alias);
  request.ifra_addr = socket_address6(alias.address);
  request.ifra_prefixmask = socket_address6(mask_of(alias.length));
  request.ifra_lifetime.ia6t_vltime = forever;
  request.ifra_lifetime.ia6t_pltime = forever;
  return ::ioctl(socket, SIOCAIFADDR_IN6, &request) == 0 ? 0 : errno;
}

int remove4(int socket, const Alias& alias) {
  ifreq request{};
  set_name(request, alias);
  const sockaddr_in address = socket_address4(alias.address);
  std::memcpy(&request.ifr_addr, &address, sizeof address);
  return ::ioctl(socket, SIOCDIFADDR, &request) == 0 ? 0 : errno;
}

int remove6(int socket, const Alias& alias) {
  in6_ifreq request{};
  set_name(request, alias);
  request.ifr_addr = socket_address6(alias.address);
  return ::ioctl(socket, SIOCDIFADDR_IN6, &request) == 0 ? 0 : errno;
}

Result<void> take_away(int socket, const Alias& alias, const std::string& id) {
  const int error = alias.v6 ? remove6(socket, alias) : remove4(socket, alias);
  if (error == 0 || error == EADDRNOTAVAIL || error == ENXIO) return {};
  return Fail(os_error("remove the alias " + id, error));
}

// Binding to a tentative address fails, so the jail's services must not start before it is one no more.
Result<void> wait_until_usable(int socket, const Alias& alias, const std::string& id) {
  const auto deadline = steady_clock::now() + detection_patience;
  for (;;) {
    in6_ifreq request{};
    set_name(request, alias);
    request.ifr_addr = socket_address6(alias.address);
    if (::ioctl(socket, SIOCGIFAFLAG_IN6, &request) != 0) return Fail(os_error("alias " + id, errno));
    const int flags = request.ifr_ifru.ifru_flags6;
    if ((flags & IN6_IFF_DUPLICATED) != 0) {
      return Fail(Kind::host_refused, "alias " + id + ": another host has this address");
    }
    // On an interface that is down it stays tentative until somebody brings that up.
    if ((flags & IN6_IFF_TENTATIVE) == 0 || steady_clock::now() >= deadline) return {};
    std::this_thread::sleep_for(detection_glance);
  }
}

// ifconfig's own words are its business; this is what jail(8) runs.
Result<void> add_by_ifconfig(const Alias& alias) {
  std::vector<std::string> words{"/sbin/ifconfig", alias.interface, alias.v6 ? "inet6" : "inet",
                                 ip_text(alias.address, alias.v6)};
  if (alias.v6) {
    words.insert(words.end(), {"prefixlen", std::to_string(alias.length)});
  } else {
    words.insert(words.end(), {"netmask", ip_text(mask_of(alias.length), false)});
  }
  for (std::string rest = alias.words; !rest.empty();) {
    const std::size_t space = std::min(rest.find(' '), rest.size());
    if (space > 0) words.push_back(rest.substr(0, space));
    rest.erase(0, std::min(space + 1, rest.size()));
  }
  words.emplace_back("alias");
  return run_program(std::move(words));
}

}  // namespace

LedgerEntry alias_entry(const std::string& interface, const AddressEntry& address, bool v6) {
  const std::string length = std::to_string(address.prefix_length);
  LedgerEntry entry;
  entry.kind = core::ResourceKind::alias;
  entry.id = interface + "|" + address.address + "/" + length;
  entry.detail = {{"interface", interface},
                  {"address", address.address},
                  {"prefix_length", length},
                  {"family", v6 ? "inet6" : "inet"}};
  std::string words;
  for (const std::string& word : address.words) words += (words.empty() ? "" : " ") + word;
  if (!words.empty()) entry.detail["words"] = words;
  return entry;
}

bool has_interface(const std::string& name) {
  return ::if_nametoindex(name.c_str()) != 0;
}

bool has_alias(const LedgerEntry& entry) {
  const auto alias = alias_of(entry);
  return alias && is_there(*alias);
}

Result<LedgerEntry> add_alias(LedgerEntry entry) {
  const auto alias = alias_of(entry);
  if (!alias) return Fail(alias.error());
  if (!has_interface(alias->interface)) {
    return Fail(Kind::missing, "interface " + alias->interface + " does not exist");
  }
  if (is_there(*alias)) {
    entry.borrowed = true;
    return entry;
  }
  const UniqueFd socket(::socket(alias->v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!alias->words.empty()) {
    if (auto added = add_by_ifconfig(*alias); !added) return Fail(added.error());
  } else if (const int error = alias->v6 ? add6(socket.get(), *alias) : add4(socket.get(), *alias); error != 0) {
    return Fail(os_error("alias " + entry.id, error));
  }
  if (!alias->v6) return entry;
  if (auto usable = wait_until_usable(socket.get(), *alias, entry.id); !usable) {
    if (auto removed = take_away(socket.get(), *alias, entry.id); !removed) return Fail(removed.error());
    return Fail(usable.error());
  }
  return entry;
}

Result<void> remove_alias(const LedgerEntry& entry) {
  const auto alias = alias_of(entry);
  if (!alias) return Fail(alias.error());
  if (!is_there(*alias)) return {};
  const UniqueFd socket(::socket(alias->v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return take_away(socket.get(), *alias, entry.id);
}

}  // namespace jaild::host
