#include "daemon/host/freebsd/address_use.h"

#include <sys/param.h>  // before the others, which use its types

#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <vector>

#include "api/contract/ip_text.h"
#include "daemon/host/freebsd/jail_args.h"

namespace jaild::host {
namespace {

constexpr std::size_t jail_name_size = 256;   // sys/jail.h, MAXHOSTNAMELEN
constexpr std::size_t jails_max = 1'000'000;  // jids end at 999999 (sys/jail.h, JAIL_MAX)

struct Holder {
  std::string name;
  std::vector<std::string> addresses;
};

KernelParam list_param(bool v6) {
  return {v6 ? "ip6.addr" : "ip4.addr", v6 ? ParamForm::ip6_list : ParamForm::ip4_list,
          v6 ? sizeof(in6_addr) : sizeof(in_addr), false};
}

// The jail with the lowest jid above `last`; its jid is in `last` then. nullopt: none is left, or the kernel is without
// this family, where nobody has any.
std::optional<Holder> next_holder(const KernelParam& param, int& last) {
  for (const bool again : {false, true}) {
    JailArgs args;
    args.number("lastjid", last);
    const std::size_t name = args.room("name", jail_name_size);
    const std::size_t addresses = args.room(param.name, list_room(param, last, 0, again));
    const auto jid = args.get(0, "jail_get");
    if (!jid && jid.error().os_errno == EINVAL) continue;
    if (!jid || *jid <= last) return std::nullopt;
    last = *jid;
    return Holder{args.answer(name).c_str(),
                  std::get<std::vector<std::string>>(read_value(param, args.answer(addresses)))};
  }
  return std::nullopt;
}

// Every jail that lives and is restricted to addresses of this family.
std::vector<Holder> holders(bool v6) {
  const KernelParam param = list_param(v6);
  std::vector<Holder> list;
  int last = 0;
  for (std::size_t i = 0; i < jails_max; ++i) {
    auto holder = next_holder(param, last);
    if (!holder) break;
    if (!holder->addresses.empty()) list.push_back(*std::move(holder));
  }
  return list;
}

// A jail and its child jails share addresses as they like.
bool is_family(const std::string& one, const std::string& other) {
  return one == other || one.starts_with(other + ".") || other.starts_with(one + ".");
}

std::string conflict(const std::string& name, const std::vector<std::string>& wanted, bool v6) {
  if (wanted.empty()) return {};
  for (const Holder& holder : holders(v6)) {
    if (is_family(holder.name, name) || (wanted.size() == 1 && holder.addresses.size() == 1)) continue;
    for (const std::string& address : wanted) {
      if (std::ranges::find(holder.addresses, address) == holder.addresses.end()) continue;
      return "address " + address + " is held by jail " + holder.name +
             ", and the kernel lets jails share one only when each has no other: stop that jail or take it from one";
    }
  }
  return {};
}

}  // namespace

std::string address_conflict(const std::string& name, const std::vector<std::string>& ip4,
                             const std::vector<std::string>& ip6) {
  std::string found = conflict(name, ip4, false);
  return found.empty() ? conflict(name, ip6, true) : found;
}

}  // namespace jaild::host
