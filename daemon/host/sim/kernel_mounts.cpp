// Mounts, addresses, interfaces and datasets, as far as jails have a part in them (freebsd-kernel.md 7, 8).
#include <algorithm>
#include <cerrno>
#include <charconv>

#include "daemon/host/sim/kernel.h"
#include "daemon/host/sim/refusal.h"

namespace jaild::host::sim {
namespace {

// The number in "ruleset=N" among mount options; 0: none.
int ruleset_in(const std::string& options) {
  constexpr std::string_view key = "ruleset=";
  const auto at = options.find(key);
  if (at == std::string::npos) return 0;
  int number = 0;
  std::from_chars(options.data() + at + key.size(), options.data() + options.size(), number);
  return number;
}

}  // namespace

Result<std::string> SimKernel::mount(Mount mount) {
  count_change(mount.maker);
  if (!paths.exists(mount.path)) return refuse(ENOENT, mount.path);
  if ((mount.type == "nullfs" || mount.type == "unionfs") && !paths.exists(mount.source)) {
    return refuse(ENOENT, mount.source);
  }
  if (mount.type == "devfs") {  // a ruleset without rules hides nothing (freebsd-kernel.md, trap 22)
    const int ruleset = ruleset_in(mount.options);
    if (ruleset != 0 && !devfs_rulesets.contains(ruleset)) {
      note(Finding::every_device_visible, mount.path, "ruleset " + std::to_string(ruleset));
    }
  }
  if (mount.inside != 0) add_reference(mount.inside);
  return mounts_.add(std::move(mount));
}

Result<void> SimKernel::unmount(const std::string& path, bool force, Actor actor) {
  count_change(actor);
  const auto gone = mounts_.remove_at(path, force);
  if (!gone) return Fail(gone.error());
  removed(*gone, force, actor);
  return {};
}

Result<void> SimKernel::unmount_fsid(const std::string& fsid, bool force, Actor actor) {
  count_change(actor);
  const auto gone = mounts_.remove_fsid(fsid, force);
  if (!gone) return Fail(gone.error());
  removed(*gone, force, actor);
  return {};
}

void SimKernel::removed(const Mount& mount, bool force, Actor actor) {
  if (actor == Actor::jaild && mount.maker == Actor::other && mount.inside == 0) {
    note(Finding::foreign_touched, mount.path, "unmount");
  }
  if (force && actor == Actor::jaild) {
    for (const int jid : mounts_.jails_around(mount.path)) {
      const Jail* jail = find(jid);
      if (jail == nullptr || jail->dying || jail->pids.empty() || jail->name != mount.jail) continue;
      note(Finding::forced_under_a_jail, mount.path, jail->name);
    }
  }
  if (mount.inside != 0) drop_reference(mount.inside);
}

Result<void> SimKernel::add_alias(Alias alias) {
  count_change(alias.maker);
  const std::string what = alias.interface + "|" + alias.address;
  const auto added = network.add_alias(std::move(alias));
  if (!added) return Fail(added.error());
  if (added->anew) note(Finding::alias_set_anew, what, "was there already");
  return {};
}

Result<void> SimKernel::remove_alias(const std::string& interface, const std::string& address, Actor actor) {
  count_change(actor);
  const auto gone = network.remove_alias(interface, address);
  if (!gone) return Fail(gone.error());
  if (actor == Actor::jaild && gone->maker == Actor::other) {
    note(Finding::foreign_touched, interface + "|" + address, "alias removed");
  }
  return {};
}

Result<void> SimKernel::lend_interface(const std::string& name, int jid) {
  count_change(Actor::jaild);
  Jail* jail = find_mutable(jid);
  if (jail == nullptr || jail->dying) return refuse(ENXIO, "jail " + std::to_string(jid));
  const auto vnet = jail->params.find("vnet");
  if (vnet == jail->params.end() || vnet->second != ParamValue(std::string("new"))) {
    return refuse(EEXIST, "jail " + jail->name + " has the host's vnet");
  }
  if (const auto moved = network.lend(name, jid); !moved) return moved;
  ++jail->lent;
  return {};
}

Result<void> SimKernel::take_interface_back(const std::string& name, int jid) {
  count_change(Actor::jaild);
  Jail* jail = find_mutable(jid);
  if (jail == nullptr || jail->dying) return refuse(ENXIO, "jail " + std::to_string(jid));
  if (const auto moved = network.take_back(name, jid); !moved) return moved;
  --jail->lent;
  return {};
}

Result<void> SimKernel::attach_dataset(const std::string& name, int jid) {
  count_change(Actor::jaild);
  Jail* jail = find_mutable(jid);
  if (jail == nullptr || jail->dying) return refuse(ESRCH, "jail " + std::to_string(jid));
  if (const auto done = datasets.attach(name, jid); !done) return done;
  ++jail->lent;
  return {};
}

Result<void> SimKernel::detach_dataset(const std::string& name, int jid) {
  count_change(Actor::jaild);
  Jail* jail = find_mutable(jid);
  if (jail == nullptr || jail->dying) return refuse(ESRCH, "jail " + std::to_string(jid));
  if (const auto done = datasets.detach(name, jid); !done) return done;
  --jail->lent;
  return {};
}

}  // namespace jaild::host::sim
