#include "daemon/host/linux/netlink.h"

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>

#include "daemon/host/linux/in_namespace.h"
#include "daemon/host/linux/kernel_file.h"
#include "daemon/host/linux/netlink_message.h"

namespace jaild::host {
namespace {

constexpr std::size_t answer_max = 64 * 1024;  // the kernel fills at most 32 KiB a message of a list
constexpr timeval answer_patience{5, 0};       // it answers at once; this only bounds a kernel in trouble

std::string attribute_text(const std::uint8_t* data, std::size_t size) {
  std::string text(size, '\0');
  std::copy(data, data + size, text.begin());
  return text.substr(0, text.find('\0'));
}

Link link_of(const nlmsghdr& header) {
  Link link;
  const auto body = read_message<ifinfomsg>(header, [&](int type, const std::uint8_t* data, std::size_t size) {
    if (type == IFLA_IFNAME) link.name = attribute_text(data, size);
    if (type == IFLA_ADDRESS && size == link.mac.size()) std::copy(data, data + size, link.mac.begin());
    if (type == IFLA_MTU && size == sizeof link.mtu) std::memcpy(&link.mtu, data, size);
    if (type != IFLA_LINKINFO) return;
    for_attributes(data, size, [&](int inner, const std::uint8_t* text, std::size_t length) {
      if (inner == IFLA_INFO_KIND) link.kind = attribute_text(text, length);
    });
  });
  link.index = body.ifi_index;
  return link;
}

NetlinkMessage change_link(int index) {
  ifinfomsg body{};
  body.ifi_index = index;
  return NetlinkMessage(RTM_NEWLINK, NLM_F_ACK, body);
}

}  // namespace

Result<Netlink> Netlink::open() {
  UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!fd) return Fail(os_error("open a route socket", errno));
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &answer_patience, sizeof answer_patience);
  return Netlink(std::move(fd));
}

// A socket stays in the namespace that its thread was in when it opened it.
Result<Netlink> Netlink::open_in(int netns) {
  Result<Netlink> opened = Fail(Kind::internal, "no socket");
  auto entered = in_namespace(netns, CLONE_NEWNET, "enter the jail's network", [&]() -> Result<void> {
    opened = open();
    return {};
  });
  if (!entered) return Fail(entered.error());
  return opened;
}

Result<void> Netlink::talk(std::vector<std::uint8_t>& request, const char* what, const Each& each) {
  nlmsghdr header{};
  std::memcpy(&header, request.data(), sizeof header);
  header.nlmsg_len = static_cast<std::uint32_t>(request.size());
  header.nlmsg_seq = ++sequence_;
  std::memcpy(request.data(), &header, sizeof header);
  if (::send(fd_.get(), request.data(), request.size(), 0) < 0) return Fail(os_error(what, errno));

  alignas(nlmsghdr) std::array<std::uint8_t, answer_max> buffer;
  for (;;) {
    const ssize_t size = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return Fail(os_error(what, errno));
    const auto filled = static_cast<std::size_t>(size);
    for (std::size_t at = 0; at + sizeof(nlmsghdr) <= filled;) {
      const auto* message = static_cast<const nlmsghdr*>(static_cast<const void*>(buffer.data() + at));
      if (message->nlmsg_len < sizeof(nlmsghdr) || at + message->nlmsg_len > filled) break;
      at += NLMSG_ALIGN(message->nlmsg_len);
      if (message->nlmsg_seq != sequence_) continue;
      if (message->nlmsg_type == NLMSG_DONE) return {};
      if (message->nlmsg_type == NLMSG_ERROR) {
        nlmsgerr error{};
        std::memcpy(&error, message + 1, sizeof error);
        if (error.error == 0) return {};
        return Fail(os_error(what, -error.error));
      }
      each(*message);
    }
  }
}

Result<std::optional<Link>> Netlink::find(const std::string& name) {
  if (name.empty() || name.size() >= IFNAMSIZ) return std::optional<Link>();
  NetlinkMessage request(RTM_GETLINK, NLM_F_ACK, ifinfomsg{});
  request.add_text(IFLA_IFNAME, name);
  std::optional<Link> found;
  auto asked = talk(request.bytes(), "look up an interface", [&](const nlmsghdr& answer) { found = link_of(answer); });
  if (!asked && asked.error().os_errno == ENODEV) return std::optional<Link>();
  if (!asked) return Fail(asked.error());
  return found;
}

Result<void> Netlink::make_veth(const VethEnd& here, const VethEnd& there, int netns, std::uint32_t mtu) {
  NetlinkMessage request(RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, ifinfomsg{});
  request.add_text(IFLA_IFNAME, here.name);
  request.add(IFLA_ADDRESS, here.mac.data(), here.mac.size());
  request.add_number(IFLA_MTU, mtu);
  const auto info = request.begin(IFLA_LINKINFO);
  request.add_text(IFLA_INFO_KIND, "veth");
  const auto data = request.begin(IFLA_INFO_DATA);
  const auto peer = request.begin(VETH_INFO_PEER);
  request.append(ifinfomsg{});
  request.add_text(IFLA_IFNAME, there.name);
  request.add(IFLA_ADDRESS, there.mac.data(), there.mac.size());
  request.add_number(IFLA_MTU, mtu);
  request.add_number(IFLA_NET_NS_FD, netns);
  request.end(peer);
  request.end(data);
  request.end(info);
  auto made = talk(request.bytes(), "make an interface pair", [](const nlmsghdr&) {});
  if (!made && made.error().os_errno == EEXIST) {
    return Fail(Kind::exists, "an interface called " + here.name + " exists", EEXIST);
  }
  return made;
}

Result<void> Netlink::remove(int index) {
  ifinfomsg body{};
  body.ifi_index = index;
  NetlinkMessage request(RTM_DELLINK, NLM_F_ACK, body);
  auto removed = talk(request.bytes(), "remove an interface", [](const nlmsghdr&) {});
  if (!removed && removed.error().os_errno == ENODEV) return {};
  return removed;
}

Result<void> Netlink::set_master(int index, int bridge) {
  NetlinkMessage request = change_link(index);
  request.add_number(IFLA_MASTER, static_cast<std::uint32_t>(bridge));
  return talk(request.bytes(), "join a bridge", [](const nlmsghdr&) {});
}

Result<void> Netlink::set_up(int index) {
  ifinfomsg body{};
  body.ifi_index = index;
  body.ifi_flags = IFF_UP;
  body.ifi_change = IFF_UP;
  NetlinkMessage request(RTM_NEWLINK, NLM_F_ACK, body);
  return talk(request.bytes(), "bring an interface up", [](const nlmsghdr&) {});
}

Result<void> Netlink::move(int index, int netns) {
  NetlinkMessage request = change_link(index);
  request.add_number(IFLA_NET_NS_FD, netns);
  return talk(request.bytes(), "move an interface", [](const nlmsghdr&) {});
}

Result<void> Netlink::add_address(int index, const InterfaceAddress& address) {
  ifaddrmsg body{};
  body.ifa_family = static_cast<std::uint8_t>(address.family);
  body.ifa_prefixlen = static_cast<std::uint8_t>(address.prefix_length);
  body.ifa_flags = address.family == AF_INET6 ? IFA_F_NODAD : 0;
  body.ifa_index = static_cast<std::uint32_t>(index);
  NetlinkMessage request(RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, body);
  request.add(IFA_LOCAL, address.octets.data(), address.octets.size());
  request.add(IFA_ADDRESS, address.octets.data(), address.octets.size());
  auto added = talk(request.bytes(), "add an address", [](const nlmsghdr&) {});
  if (!added && added.error().os_errno == EEXIST) return {};
  return added;
}

Result<std::vector<InterfaceAddress>> Netlink::addresses(int index) {
  NetlinkMessage request(RTM_GETADDR, NLM_F_DUMP, ifaddrmsg{});
  std::vector<InterfaceAddress> found;
  auto asked = talk(request.bytes(), "list addresses", [&](const nlmsghdr& answer) {
    InterfaceAddress address;
    const auto body = read_message<ifaddrmsg>(answer, [&](int type, const std::uint8_t* data, std::size_t size) {
      // IFA_LOCAL is the interface's own; IFA_ADDRESS is the other end of a point-to-point link, or the same.
      if (type == IFA_LOCAL || (type == IFA_ADDRESS && address.octets.empty()))
        address.octets.assign(data, data + size);
    });
    address.family = body.ifa_family;
    address.prefix_length = body.ifa_prefixlen;
    if (static_cast<int>(body.ifa_index) == index && !address.octets.empty()) found.push_back(std::move(address));
  });
  if (!asked) return Fail(asked.error());
  return found;
}

Result<void> Netlink::add_default_route(int index, const InterfaceAddress& gateway) {
  rtmsg body{};
  body.rtm_family = static_cast<std::uint8_t>(gateway.family);
  body.rtm_table = RT_TABLE_MAIN;
  body.rtm_protocol = RTPROT_STATIC;
  body.rtm_scope = RT_SCOPE_UNIVERSE;
  body.rtm_type = RTN_UNICAST;
  NetlinkMessage request(RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, body);
  request.add(RTA_GATEWAY, gateway.octets.data(), gateway.octets.size());
  request.add_number(RTA_OIF, static_cast<std::uint32_t>(index));
  auto added = talk(request.bytes(), "add the default route", [](const nlmsghdr&) {});
  if (!added && added.error().os_errno == EEXIST) return {};
  return added;
}

}  // namespace jaild::host
