#include "daemon/host/freebsd/resolve.h"

#include <sys/types.h>  // before the others, which use its types

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>

#include "api/contract/ip_text.h"
#include "api/contract/param_table.h"
#include "daemon/host/freebsd/address_use.h"
#include "daemon/host/freebsd/aliases.h"
#include "daemon/host/freebsd/devfs_rules.h"
#include "daemon/host/freebsd/host_path.h"
#include "daemon/host/freebsd/jail_calls.h"
#include "daemon/host/freebsd/mount_point.h"
#include "daemon/host/freebsd/mounts.h"
#include "daemon/host/freebsd/racct.h"
#include "daemon/host/user_file.h"

namespace jaild::host {
namespace {

using core::LedgerEntry;
using core::ResourceKind;

constexpr std::size_t fstab_max = 1024 * 1024;  // bytes
constexpr std::size_t mounts_max = 10'000;

bool exists(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0;
}

// What is wrong with a jail's root; "" when nothing is.
std::string root_problem(const std::string& root, const JailTrees& trees) {
  const auto found = find_host_path(root, "path", trees);
  if (!found) return found.error().message;
  struct stat status{};
  const bool directory = ::stat(found->c_str(), &status) == 0 && S_ISDIR(status.st_mode);
  return directory ? std::string() : "path " + root + " is no directory: correct it";
}

std::string root_of(const JailSpec& spec) {
  std::string root = spec.text("path", "/");
  while (root.size() > 1 && root.back() == '/') root.pop_back();
  return root;
}

// What a jail at `root` with these mounts can write.
std::vector<std::string> written_by(const std::string& root, const core::Resolved& resolved) {
  std::vector<std::string> paths{root};
  for (const LedgerEntry& entry : resolved.before_create) {
    if (entry.kind != ResourceKind::mount || !has_source(entry)) continue;
    if (!is_read_only(entry)) paths.push_back(entry.detail.at("source"));
  }
  return paths;
}

class Resolver {
 public:
  Resolver(const std::string& name, const JailSpec& spec, const ParamCatalog& catalog, const SharedMounts& shared,
           const JailTrees& trees)
      : name_(name),
        spec_(spec),
        catalog_(catalog),
        shared_(shared),
        trees_(trees),
        root_(root_of(spec)),
        prepares_(!spec.list("exec.prepare").empty()) {}

  core::Resolved all() && {
    if (const std::string problem = prepares_ ? std::string() : root_problem(root_, trees_); !problem.empty()) {
      missing("create", problem);
    }
    parameters();
    // Refused at write; but the host may have been booted without it since.
    if (const std::string hint = spec_.rctl.empty() ? std::string() : racct_hint(); !hint.empty()) {
      missing("rctl", "resource accounting is off, so no limit holds: " + hint);
    }
    addresses("ip4.addr", false);
    addresses("ip6.addr", true);
    hostname();
    if (const std::string held = address_conflict(name_, ip4_, ip6_); !held.empty()) missing("create", held);
    for (const std::string& line : spec_.list("mount")) fstab_line(line, "mount");
    for (const std::string& file : spec_.list("mount.fstab")) fstab(file);
    file_systems();
    datasets();
    interfaces();
    return std::move(resolved_);
  }

 private:
  // `step`: the one that would fail.
  void missing(const std::string& step, const std::string& what) { resolved_.missing.push_back(step + ": " + what); }

  void parameters() {
    for (const auto& [param, value] : spec_.params) {
      const Param* row = find_param(param);
      if ((row != nullptr && row->origin == ParamOrigin::pseudo) || catalog_.find_or_load(param)) continue;
      const std::string module = module_of_param(param);
      missing("create",
              "this kernel has no jail parameter " + param +
                  (module.empty() ? std::string()
                                  : ", and its module " + module + " cannot be loaded (kldload " + module + ")"));
    }
  }

  void alias(const AddressEntry& address, bool v6) {
    (v6 ? ip6_ : ip4_).push_back(address.address);
    const std::string interface = address.interface.empty() ? spec_.text("interface") : address.interface;
    if (interface.empty()) return;  // the jail gets the address, and no interface does
    if (!prepares_ && !has_interface(interface)) {
      missing("alias",
              "interface " + interface + " does not exist: create it or correct " + (v6 ? "ip6" : "ip4") + ".addr");
    }
    LedgerEntry entry = alias_entry(interface, address, v6);
    entry.borrowed = has_alias(entry);
    resolved_.before_create.push_back(std::move(entry));
  }

  void addresses(const char* param, bool v6) {
    for (const std::string& text : spec_.list(param)) {
      const auto address = parse_address(text, v6);
      if (address) {
        alias(*address, v6);
      } else {
        missing("alias", std::string(param) + ": " + address.error().message);
      }
    }
  }

  void hostname() {
    const auto found = addresses_of_hostname(spec_);
    if (!found) return missing("alias", found.error().message);
    for (const bool v6 : {false, true}) {
      for (const std::string& text : v6 ? found->ip6 : found->ip4) {
        if (const auto address = parse_address(text, v6)) alias(*address, v6);
      }
    }
  }

  void fstab(const std::string& file) {
    if (file.empty()) return;
    const auto is_tree = trees_for(trees_);
    if (!is_tree) return missing("mount", is_tree.error().message);
    const auto text = read_user_file(file, "mount.fstab", *is_tree, fstab_max);
    if (!text) {
      if (!prepares_ || text.error().kind != Kind::missing) missing("mount", text.error().message);
      return;
    }
    std::string_view rest = *text;
    for (std::size_t number = 1; !rest.empty(); ++number) {
      std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
      line = line.substr(0, line.find('#'));
      if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
      if (mounts_.size() >= mounts_max)
        return missing("mount", "there are more than " + std::to_string(mounts_max) + " mounts");
      fstab_line(std::string(line), file + " line " + std::to_string(number));
    }
  }

  void fstab_line(const std::string& line, const std::string& where) {
    if (line.empty()) return;
    const auto entry = parse_fstab_line(line);
    if (!entry) return missing("mount", where + ": " + entry.error().message);
    mount(*entry);
  }

  void mount(const FstabEntry& line) {
    LedgerEntry entry = mount_entry(root_, line);
    const bool has_source = line.type == "nullfs" || line.type == "unionfs";
    if (has_source && !prepares_ && !below_earlier(line.source)) {
      if (const auto source = find_host_path(line.source, "mount source", trees_); !source) {
        missing("mount", source.error().message);
      }
    }
    if (!prepares_ && !below_earlier(line.target)) {
      auto point = is_below(root_, line.target) ? find_mount_point(root_, line.target)
                                                : find_host_path(line.target, "mount point", trees_);
      if (!point) missing("mount", point.error().message);
      const std::string there = point ? devfs_in_the_way(entry, *point, shared_) : std::string();
      if (!there.empty()) missing("mount", there);
    }
    if (line.type == "devfs") ruleset(line.options);
    mounts_.push_back(line.target);
    resolved_.before_create.push_back(std::move(entry));
  }

  // What an earlier mount brings along cannot be looked at yet.
  [[nodiscard]] bool below_earlier(const std::string& path) const {
    return std::ranges::any_of(mounts_, [&](const std::string& each) { return is_below(each, path); });
  }

  void ruleset(const std::vector<std::string>& options) {
    const int number = devfs_ruleset(options);
    if (prepares_ || number == 0 || has_devfs_rules(number)) return;
    missing("mount", "devfs ruleset " + std::to_string(number) +
                         " has no rules, so the jail would see every device: load it with service devfs restart");
  }

  void file_systems() {
    const std::string base = root_ == "/" ? "" : root_;
    if (spec_.flag("mount.devfs")) {
      const std::string number = std::to_string(spec_.number("devfs_ruleset", 4));  // jail(8)'s default
      mount({"devfs", base + "/dev", "devfs", {"ruleset=" + number}});
    }
    if (spec_.flag("mount.fdescfs")) mount({"fdesc", base + "/dev/fd", "fdescfs", {}});
    if (spec_.flag("mount.procfs")) mount({"proc", base + "/proc", "procfs", {}});
  }

  void datasets() {
    for (const std::string& name : spec_.list("zfs.dataset")) {
      if (!exists("/dev/zfs")) missing("zfs.dataset", "dataset " + name + ": ZFS is not loaded: kldload zfs");
      resolved_.after_create.push_back(LedgerEntry{ResourceKind::dataset, name, {}, false});
    }
  }

  void interfaces() {
    const bool made_by_hooks = prepares_ || !spec_.list("exec.prestart").empty() || !spec_.list("exec.created").empty();
    for (const std::string& name : spec_.list("vnet.interface")) {
      if (!made_by_hooks && !has_interface(name)) {
        missing("vnet.interface", "interface " + name + " is not on the host: create it or correct vnet.interface");
      }
      resolved_.after_create.push_back(LedgerEntry{ResourceKind::interface, name, {}, false});
    }
  }

  const std::string& name_;
  const JailSpec& spec_;
  const ParamCatalog& catalog_;
  const SharedMounts& shared_;
  const JailTrees& trees_;
  const std::string root_;
  const bool prepares_;  // exec.prepare may make what is not there yet
  std::vector<std::string> mounts_;
  std::vector<std::string> ip4_;  // all that the jail is to have
  std::vector<std::string> ip6_;
  core::Resolved resolved_;
};

std::string text_of(const addrinfo& info) {
  IpBytes bytes{};
  if (info.ai_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, info.ai_addr, sizeof in);
    std::memcpy(bytes.data(), &in.sin_addr, sizeof in.sin_addr);
  } else {
    sockaddr_in6 in{};
    std::memcpy(&in, info.ai_addr, sizeof in);
    std::memcpy(bytes.data(), &in.sin6_addr, sizeof in.sin6_addr);
  }
  return ip_text(bytes, info.ai_family == AF_INET6);
}

}  // namespace

Result<core::Resolved> resolve_needs(const core::Resolve& what, const ParamCatalog& catalog, const SharedMounts& shared,
                                     JailTrees& trees) {
  if (const auto jid = find_jail(what.name)) {
    return Fail(Kind::conflict, "jail " + what.name + " is in the kernel already, with jid " + std::to_string(*jid) +
                                    ", and jaild did not make it: remove it with jail -r or adopt it");
  }
  // Its own tree is one before a file that it names is read.
  if (auto known = trees.add({root_of(what.spec)}); !known) return Fail(known.error());
  auto resolved = Resolver(what.name, what.spec, catalog, shared, trees).all();
  if (auto known = trees.add(written_by(root_of(what.spec), resolved)); !known) return Fail(known.error());
  if (const std::string parent = parent_name(what.name); !parent.empty() && !find_jail(parent)) {
    resolved.missing.push_back("create: its parent jail " + parent + " is not running");
  }
  if (!resolved.missing.empty()) resolved.missing.front().insert(0, "jail " + what.name + ": ");
  return resolved;
}

Result<HostAddresses> addresses_of_hostname(const JailSpec& spec) {
  HostAddresses addresses;
  const std::string name = spec.text("host.hostname");
  if (!spec.flag("ip_hostname") || name.empty()) return addresses;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (const int error = ::getaddrinfo(name.c_str(), nullptr, &hints, &list); error != 0) {
    return Fail(Kind::missing, "ip_hostname: " + name + ": " + ::gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, ::freeaddrinfo);
  for (const addrinfo* each = list; each != nullptr; each = each->ai_next) {
    if (each->ai_family == AF_INET) addresses.ip4.push_back(text_of(*each));
    if (each->ai_family == AF_INET6) addresses.ip6.push_back(text_of(*each));
  }
  return addresses;
}

}  // namespace jaild::host
