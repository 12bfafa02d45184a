#include "api/contract/param_table.h"

#include <algorithm>
#include <array>
#include <limits>
#include <unordered_map>

#include "api/contract/spec_rules.h"

namespace jaild {
namespace {

using enum ParamType;
using enum ParamWhen;
using enum ParamOrigin;

constexpr std::int64_t int_max = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t long_max = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t line_max = command_max;
constexpr std::int64_t path_max = 1023;     // MAXPATHLEN is 1024 with the NUL
constexpr std::int64_t host_max = 255;      // MAXHOSTNAMELEN is 256 with the NUL
constexpr std::int64_t login_max = 32;      // MAXLOGNAME is 33 with the NUL
constexpr std::int64_t interface_max = 15;  // IFNAMSIZ is 16 with the NUL
constexpr std::int64_t meta_max = 65'535;   // all of one jail_set(2); security.jail.meta_maxbufsize is less
constexpr std::int64_t linux_max = 64;      // LINUX_MAX_UTSNAME is 65 with the NUL

// Rows of one kind. A pseudo-parameter belongs to jail(8), so it counts at the next start: ParamWhen::create.
constexpr Param allow(std::string_view name, std::string_view since, std::string_view otherwise = "false") {
  return {name, boolean, change, kernel, otherwise, since};
}
constexpr Param number(std::string_view name, ParamWhen when, std::string_view otherwise, std::int64_t least,
                       std::int64_t most) {
  return {name, integer, when, kernel, otherwise, "13", least, most};
}
constexpr Param words(std::string_view name, ParamWhen when, std::int64_t least, std::int64_t most,
                      std::string_view since = "13") {
  return {name, string, when, kernel, "", since, least, most};
}
// `least` is 0 where the kernel takes disable, 1 where only new and inherit.
constexpr Param system(std::string_view name, ParamWhen when, std::string_view otherwise, std::int64_t least,
                       std::string_view since = "13") {
  return {name, jailsys, when, kernel, otherwise, since, least, 2};
}
constexpr Param commands(std::string_view name) {
  return {name, list, create, pseudo, "", "13", 0, line_max};
}
constexpr Param seconds(std::string_view name, std::string_view otherwise) {
  return {name, integer, create, pseudo, otherwise, "13", 0, int_max};
}
constexpr Param helper_flag(std::string_view name) {
  return {name, boolean, create, pseudo, "false", "13"};
}
constexpr Param helper_text(std::string_view name, std::int64_t most) {
  return {name, string, create, pseudo, "", "13", 1, most};
}
constexpr Param helper_list(std::string_view name, std::int64_t least, std::int64_t most,
                            std::string_view since = "13") {
  return {name, list, create, pseudo, "", since, least, most};
}

// The kernel's come first (sys/kern/kern_jail.c and the modules), then jail(8)'s own (usr.sbin/jail/config.c). Where
// the state of 14 was not read, `since` says 15: hosts probe, nobody decides by it.
constexpr std::array table{
    number("jid", create, "", 1, 999'999),
    words("name", change, 1, host_max),
    words("path", create, 1, path_max),
    number("parent", read, "", 0, int_max),
    Param{"dying", boolean, read, kernel, "", "13"},
    Param{"persist", boolean, change, kernel, "false", "13"},
    number("securelevel", change, "", -1, 3),
    number("enforce_statfs", change, "2", 0, 2),
    number("devfs_ruleset", change, "0", 0, 65'535),
    number("children.max", change, "0", 0, int_max),
    number("children.cur", read, "", 0, int_max),
    number("cpuset.id", read, "", 0, int_max),
    system("host", change, "new", 1),
    words("host.hostname", change, 0, host_max),
    words("host.domainname", change, 0, host_max),
    words("host.hostuuid", change, 0, 63),  // HOSTUUIDLEN is 64 with the NUL
    number("host.hostid", change, "0", 0, long_max),
    words("osrelease", create, 1, 31),  // OSRELEASELEN is 32 with the NUL
    number("osreldate", create, "", 1, int_max),
    system("vnet", create, "inherit", 1),
    system("ip4", create, "disable", 0),
    system("ip6", create, "disable", 0),
    Param{"ip4.addr", list, change, kernel, "", "13", 1, line_max},
    Param{"ip6.addr", list, change, kernel, "", "13", 1, line_max},
    Param{"ip4.saddrsel", boolean, change, kernel, "true", "13"},
    Param{"ip6.saddrsel", boolean, change, kernel, "true", "13"},
    allow("allow.set_hostname", "13", "true"),
    allow("allow.reserved_ports", "13", "true"),
    allow("allow.unprivileged_proc_debug", "13", "true"),
    allow("allow.suser", "13", "true"),
    allow("allow.sysvipc", "13"),
    allow("allow.raw_sockets", "13"),
    allow("allow.chflags", "13"),
    allow("allow.mount", "13"),
    allow("allow.quotas", "13"),
    allow("allow.socket_af", "13"),
    allow("allow.mlock", "13"),
    allow("allow.read_msgbuf", "13"),
    allow("allow.nfsd", "15"),
    allow("allow.extattr", "15"),
    allow("allow.adjtime", "15"),
    allow("allow.settime", "15"),
    allow("allow.routing", "15"),
    allow("allow.unprivileged_parent_tampering", "15"),
    allow("allow.setaudit", "15"),
    allow("allow.mount.devfs", "13"),
    allow("allow.mount.fdescfs", "13"),
    allow("allow.mount.fusefs", "13"),
    allow("allow.mount.linprocfs", "13"),
    allow("allow.mount.linsysfs", "13"),
    allow("allow.mount.lindebugfs", "13"),
    allow("allow.mount.nullfs", "13"),
    allow("allow.mount.p9fs", "15"),
    allow("allow.mount.procfs", "13"),
    allow("allow.mount.tmpfs", "13"),
    allow("allow.mount.zfs", "13"),
    allow("allow.vmm", "13"),
    allow("allow.vmm_ppt", "15"),
    words("meta", change, 0, meta_max, "15"),
    words("env", change, 0, meta_max, "15"),
    system("sysvmsg", change, "disable", 0),
    system("sysvsem", change, "disable", 0),
    system("sysvshm", change, "disable", 0),
    system("linux", change, "new", 1),
    words("linux.osname", change, 0, linux_max),
    words("linux.osrelease", change, 0, linux_max),
    number("linux.oss_version", change, "", 0, int_max),
    system("zfs", change, "new", 1),
    number("zfs.mount_snapshot", change, "0", 0, 1),
    system("mac.do", change, "disable", 0, "15"),
    words("mac.do.rules", change, 0, 1023, "15"),  // MAC_RULE_STRING_LEN is 1024 with the NUL

    commands("exec.prepare"),
    commands("exec.prestart"),
    commands("exec.created"),
    commands("exec.start"),
    commands("command"),
    commands("exec.poststart"),
    commands("exec.prestop"),
    commands("exec.stop"),
    commands("exec.poststop"),
    commands("exec.release"),
    seconds("exec.timeout", ""),
    seconds("stop.timeout", "10"),
    helper_flag("exec.clean"),
    helper_text("exec.jail_user", login_max),
    helper_flag("exec.system_jail_user"),
    helper_text("exec.system_user", login_max),
    Param{"exec.fib", integer, create, pseudo, "", "13", 0, 65'535},  // net.fibs is at most that
    helper_text("exec.consolelog", path_max),
    Param{"interface", string, create, pseudo, "", "13", 0, interface_max},  // "": none
    helper_flag("ip_hostname"),
    helper_list("vnet.interface", 1, interface_max),
    helper_list("zfs.dataset", 1, 255, "15"),
    helper_list("mount", 1, line_max),
    helper_list("mount.fstab", 1, path_max),
    helper_flag("mount.devfs"),
    helper_flag("mount.fdescfs"),
    helper_flag("mount.procfs"),
    helper_list("depend", 1, host_max),
    helper_flag("allow.dying"),
};

// Families: what follows the prefix is chosen by the user or by a file system module.
constexpr std::array families{
    Param{"meta.KEY", string, change, kernel, "", "15", 0, meta_max},
    Param{"env.KEY", string, change, kernel, "", "15", 0, meta_max},
    allow("allow.mount.FS", "13"),
};

struct Refusal {
  std::string_view name;
  std::string_view why;
};
constexpr std::array refusals{
    Refusal{"name", "the jail's name stands beside the spec, in \"name\""},
    Refusal{"jid", "jids are given by the kernel: a fixed one collides with a dying jail"},
    Refusal{"allow.dying", "jaild never changes a dying jail; it starts a new one of the same name"},
    Refusal{"lastjid", "it is a question to jail_get(2), not a property of a jail"},
    Refusal{"desc", "jail descriptors belong to the process that opened them"},
    Refusal{"errmsg", "it is where the kernel answers, not a property of a jail"},
    Refusal{"parent", "read-only: a dot in the jail's name makes it a child"},
    Refusal{"dying", "read-only: the kernel says when a jail is dying"},
    Refusal{"cpuset.id", "read-only: \"cpuset\" beside \"params\" sets the jail's CPUs"},
    Refusal{"children.cur", "read-only: children.max bounds the number of child jails"},
};

// Keys end up in lines KEY=VALUE.
bool meta_key(std::string_view key) {
  return !key.empty() && key.size() <= 255 &&
         std::ranges::all_of(key, [](char c) { return c > ' ' && c < 0x7f && c != '='; });
}

// A file system's name as VFS_SET() registers it; "nozfs" is the no-form of zfs.
bool file_system(std::string_view name) {
  return !name.empty() && name.size() <= 15 && !name.starts_with("no") &&
         std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

const Param* find_family(std::string_view name) {
  if (name.starts_with("meta.") && meta_key(name.substr(5))) return &families[0];
  if (name.starts_with("env.") && meta_key(name.substr(4))) return &families[1];
  if (name.starts_with("allow.mount.") && file_system(name.substr(12))) return &families[2];
  return nullptr;
}

}  // namespace

std::span<const Param> param_table() {
  return table;
}

const Param* find_param(std::string_view name) {
  static const auto by_name = [] {
    std::unordered_map<std::string_view, const Param*> index;
    for (const Param& row : table) index.emplace(row.name, &row);
    return index;
  }();
  const auto at = by_name.find(name);
  return at != by_name.end() ? at->second : find_family(name);
}

std::optional<std::string> without_no(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  const std::size_t last = dot == std::string_view::npos ? 0 : dot + 1;
  if (!name.substr(last).starts_with("no") || name.size() == last + 2) return std::nullopt;
  return std::string(name.substr(0, last)) + std::string(name.substr(last + 2));
}

const Param* find_negated(std::string_view name) {
  const auto positive = without_no(name);
  if (!positive || find_param(name) != nullptr) return nullptr;
  const Param* row = find_param(*positive);
  return row != nullptr && row->type == boolean ? row : nullptr;
}

std::string_view param_refusal(std::string_view name) {
  const auto at = std::ranges::find(refusals, name, &Refusal::name);
  return at == refusals.end() ? std::string_view{} : at->why;
}

}  // namespace jaild
