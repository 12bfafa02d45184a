// rtnetlink(7): asking for and changing network interfaces, without a subprocess.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "api/contract/result.h"
#include "daemon/host/unique_fd.h"

struct nlmsghdr;

namespace jaild::host {

using MacAddress = std::array<std::uint8_t, 6>;

struct Link {
  int index = 0;
  std::string name;
  std::string kind;  // "veth", "bridge"; "" for hardware
  MacAddress mac{};
  std::uint32_t mtu = 0;
};

struct InterfaceAddress {
  int family = 0;                    // AF_INET or AF_INET6
  std::vector<std::uint8_t> octets;  // 4 or 16, network order
  int prefix_length = 0;
};

struct VethEnd {
  std::string name;
  MacAddress mac{};
};

// One socket in one network namespace. One thread at a time; every call waits for the kernel's answer, which is
// immediate.
class Netlink {
 public:
  static Result<Netlink> open();              // in the daemon's own namespace
  static Result<Netlink> open_in(int netns);  // the descriptor of another

  // nullopt: there is none of that name.
  Result<std::optional<Link>> find(const std::string& name);
  // Kind::exists: the name of the first end is taken. The second end appears in `netns` at once.
  Result<void> make_veth(const VethEnd& here, const VethEnd& there, int netns, std::uint32_t mtu);
  Result<void> remove(int index);
  Result<void> set_master(int index, int bridge);
  Result<void> set_up(int index);
  Result<void> move(int index, int netns);
  // An address that is there already is success. No duplicate address detection: usable at once.
  Result<void> add_address(int index, const InterfaceAddress& address);
  Result<std::vector<InterfaceAddress>> addresses(int index);
  // A default route that is there already is success.
  Result<void> add_default_route(int index, const InterfaceAddress& gateway);

 private:
  using Each = std::function<void(const nlmsghdr&)>;

  explicit Netlink(UniqueFd fd) : fd_(std::move(fd)) {}
  // Sends one request and hands every answer to `each`, up to the acknowledgement or the end of the list.
  Result<void> talk(std::vector<std::uint8_t>& request, const char* what, const Each& each);

  UniqueFd fd_;
  std::uint32_t sequence_ = 0;
};

}  // namespace jaild::host
