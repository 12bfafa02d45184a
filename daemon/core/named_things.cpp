#include "daemon/core/named_things.h"

#include <utility>

#include "api/contract/param_table.h"

namespace jaild::core {
namespace {

void add_alias(Resolved& things, const std::string& interface, const std::string& address) {
  if (interface.empty()) return;  // the jail gets the address, and no interface does
  things.before_create.push_back({ResourceKind::alias, interface + "|" + address, {}, false});
}

void add_mount(Resolved& things, const std::string& target) {
  if (!target.empty()) things.before_create.push_back({ResourceKind::mount, target, {}, false});
}

void add_aliases(Resolved& things, const JailSpec& spec, bool v6) {
  for (const auto& text : spec.list(v6 ? "ip6.addr" : "ip4.addr")) {
    const auto entry = parse_address(text, v6);
    if (!entry) continue;  // refused when the spec is written
    add_alias(things, entry->interface.empty() ? spec.text("interface") : entry->interface,
              entry->address + "/" + std::to_string(entry->prefix_length));
  }
}

void add_mounts(Resolved& things, const JailSpec& spec) {
  for (const auto& line : spec.list("mount")) {
    if (const auto entry = parse_fstab_line(line)) add_mount(things, entry->target);
  }
  for (const auto& file : spec.list("mount.fstab")) add_mount(things, file);
  std::string root = spec.text("path", "/");
  while (!root.empty() && root.back() == '/') root.pop_back();
  if (spec.flag("mount.devfs")) add_mount(things, root + "/dev");
  if (spec.flag("mount.fdescfs")) add_mount(things, root + "/dev/fd");
  if (spec.flag("mount.procfs")) add_mount(things, root + "/proc");
}

}  // namespace

Resolved named_things(const JailSpec& spec) {
  Resolved things;
  add_aliases(things, spec, false);
  add_aliases(things, spec, true);
  if (spec.flag("ip_hostname")) add_alias(things, spec.text("interface"), spec.text("host.hostname"));
  add_mounts(things, spec);
  for (const auto& each : spec.list("zfs.dataset")) {
    things.after_create.push_back({ResourceKind::dataset, each, {}, false});
  }
  for (const auto& each : spec.list("vnet.interface")) {
    things.after_create.push_back({ResourceKind::interface, each, {}, false});
  }
  return things;
}

}  // namespace jaild::core
