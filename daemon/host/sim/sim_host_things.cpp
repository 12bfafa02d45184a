// Acquire and Release: aliases, mounts, interfaces, datasets.
#include <algorithm>
#include <cerrno>
#include <charconv>

#include "daemon/host/sim/refusal.h"
#include "daemon/host/sim/sim_host.h"

namespace jaild::host::sim {
namespace {

using core::ResourceKind;

// Duplicate address detection keeps an IPv6 address tentative for about a second (freebsd-kernel.md 8.1).
constexpr std::chrono::seconds tentative{1};

std::string detail(const LedgerEntry& entry, const char* key) {
  const auto found = entry.detail.find(key);
  return found == entry.detail.end() ? std::string() : found->second;
}

Result<Reply> reply(Result<LedgerEntry> entry) {
  if (!entry) return Fail(entry.error());
  return Reply{std::move(*entry)};
}

Result<Reply> reply(const Result<void>& done) {
  if (!done) return Fail(done.error());
  return Reply{Nothing{}};
}

// The thing of `entry` is there. Whether it is this jail's, from before a crash or a repeated call, or only borrowed.
LedgerEntry found_there(const LedgerEntry& entry, Actor maker, const std::string& made_for, const JailKey& key) {
  LedgerEntry complete = entry;
  complete.borrowed = entry.borrowed || maker != Actor::jaild || made_for != key.name;
  return complete;
}

std::unexpected<Error> vanished(const LedgerEntry& entry) {
  return Fail(Kind::missing, std::string(to_string(entry.kind)) + " " + entry.id + " was there and is not any more");
}

}  // namespace

SimHost::Outcome SimHost::perform(OpId id, const Acquire& what) {
  switch (what.entry.kind) {
    case ResourceKind::alias: return acquire_alias(id, what);
    case ResourceKind::mount: return reply(acquire_mount(what));
    case ResourceKind::interface: return reply(acquire_interface(what));
    case ResourceKind::dataset: return reply(acquire_dataset(what));
    case ResourceKind::cgroup: break;
  }
  return Result<Reply>(Fail(Kind::internal, "the simulated host has no cgroups"));
}

SimHost::Outcome SimHost::perform(OpId, const Release& what) {
  if (what.entry.borrowed) return Result<Reply>(Nothing{});
  switch (what.entry.kind) {
    case ResourceKind::alias: return reply(release_alias(what));
    case ResourceKind::mount: return reply(release_mount(what));
    case ResourceKind::interface: return reply(release_interface(what));
    case ResourceKind::dataset: return reply(release_dataset(what));
    case ResourceKind::cgroup: break;
  }
  return Result<Reply>(Nothing{});
}

// An IPv6 address is there once it has left the tentative state (R5.5).
SimHost::Outcome SimHost::acquire_alias(OpId id, const Acquire& what) {
  const LedgerEntry& entry = what.entry;
  const std::string interface = detail(entry, "interface");
  const std::string address = detail(entry, "address");
  if (const Alias* there = kernel_->network.find_alias(interface, address)) {
    return Result<Reply>(found_there(entry, there->maker, there->jail, what.key));
  }
  if (entry.borrowed) return Result<Reply>(vanished(entry));
  Alias alias{interface, address, 0, Actor::jaild, what.key.name};
  const std::string length = detail(entry, "prefix_length");
  std::from_chars(length.data(), length.data() + length.size(), alias.prefix_length);
  if (const auto added = kernel_->add_alias(std::move(alias)); !added) return Result<Reply>(Fail(added.error()));
  if (detail(entry, "family") != "inet6") return Result<Reply>(entry);
  pending_.at(id).timer = later(tentative, [this, id, entry, interface, address] {
    if (!kernel_->network.is_duplicate(address)) {
      complete(id, Reply{entry});
      return;
    }
    (void)kernel_->remove_alias(interface, address, Actor::jaild);
    complete(id, refuse(EADDRINUSE, "address " + address + " is another machine's, says duplicate address detection"));
  });
  return std::nullopt;
}

Result<LedgerEntry> SimHost::acquire_mount(const Acquire& what) {
  const LedgerEntry& entry = what.entry;
  const std::string type = detail(entry, "fstype");
  const std::string source = detail(entry, "source");
  const Mount* there = kernel_->mounts().newest_at(entry.id);
  if (there != nullptr && there->type == type && there->source == source) {
    LedgerEntry complete = found_there(entry, there->maker, there->jail, what.key);
    complete.detail["fsid"] = there->fsid;
    return complete;
  }
  if (entry.borrowed) return vanished(entry);
  const std::string options = detail(entry, "options");
  constexpr std::string_view key = "ruleset=";
  if (type == "devfs" && options.starts_with(key)) {  // never mounted with a ruleset that hides nothing (R10.1)
    int ruleset = 0;
    std::from_chars(options.data() + key.size(), options.data() + options.size(), ruleset);
    if (ruleset != 0 && !kernel_->devfs_rulesets.contains(ruleset)) {
      return Fail(Kind::missing, "devfs ruleset " + std::to_string(ruleset) + " has no rules", ENOENT);
    }
  }
  const auto fsid = kernel_->mount(Mount{entry.id, type, source, options, {}, Actor::jaild, what.key.name, 0});
  if (!fsid) return Fail(fsid.error().in("mount"));
  LedgerEntry complete = entry;
  complete.detail["fsid"] = *fsid;
  return complete;
}

Result<LedgerEntry> SimHost::acquire_interface(const Acquire& what) {
  if (jail_of(what.key, "interface") == nullptr) return Fail(Kind::not_running, "jail " + what.key.name + " is gone");
  if (kernel_->network.where(what.entry.id) == what.key.jid) return what.entry;
  if (const auto lent = kernel_->lend_interface(what.entry.id, what.key.jid); !lent) return Fail(lent.error());
  return what.entry;
}

Result<LedgerEntry> SimHost::acquire_dataset(const Acquire& what) {
  if (jail_of(what.key, "zfs") == nullptr) return Fail(Kind::not_running, "jail " + what.key.name + " is gone");
  if (kernel_->datasets.jail_of(what.entry.id) == what.key.jid) return what.entry;
  if (const auto done = kernel_->attach_dataset(what.entry.id, what.key.jid); !done) return Fail(done.error());
  return what.entry;
}

Result<void> SimHost::release_alias(const Release& what) {
  const std::string interface = detail(what.entry, "interface");
  const std::string address = detail(what.entry, "address");
  if (kernel_->network.find_alias(interface, address) == nullptr) return {};
  return kernel_->remove_alias(interface, address, Actor::jaild);
}

// By its fsid where that is known: what is mounted there now may be another one's.
Result<void> SimHost::release_mount(const Release& what) {
  const std::string fsid = detail(what.entry, "fsid");
  if (!fsid.empty()) {
    if (kernel_->mounts().by_fsid(fsid) == nullptr) return {};
    return kernel_->unmount_fsid(fsid, what.force, Actor::jaild);
  }
  const Mount* there = kernel_->mounts().newest_at(what.entry.id);
  const bool same =
      there != nullptr && there->type == detail(what.entry, "fstype") && there->source == detail(what.entry, "source");
  return same ? kernel_->unmount(what.entry.id, what.force, Actor::jaild) : Result<void>{};
}

// A dying jail gives them back by itself, with its last reference; nothing can be done before.
Result<void> SimHost::release_interface(const Release& what) {
  const Jail* jail = kernel_->find(what.key.jid);
  if (jail == nullptr || jail->dying || kernel_->network.where(what.entry.id) != what.key.jid) return {};
  return kernel_->take_interface_back(what.entry.id, what.key.jid);
}

Result<void> SimHost::release_dataset(const Release& what) {
  const Jail* jail = kernel_->find(what.key.jid);
  if (jail == nullptr || jail->dying || kernel_->datasets.jail_of(what.entry.id) != what.key.jid) return {};
  return kernel_->detach_dataset(what.entry.id, what.key.jid);
}

}  // namespace jaild::host::sim
