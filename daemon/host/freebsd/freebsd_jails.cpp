#include "daemon/host/freebsd/freebsd_jails.h"

#include <chrono>

#include "daemon/host/freebsd/aliases.h"
#include "daemon/host/freebsd/cpusets.h"
#include "daemon/host/freebsd/inner_mounts.h"
#include "daemon/host/freebsd/jail_calls.h"
#include "daemon/host/freebsd/mounts.h"
#include "daemon/host/freebsd/racct.h"
#include "daemon/host/freebsd/resolve.h"
#include "daemon/host/freebsd/vnet.h"

namespace jaild::host {
namespace {

using core::JailKey;
using core::LedgerEntry;
using core::ResourceKind;

constexpr std::chrono::seconds remove_patience{10};  // as operation.h promises
constexpr std::chrono::seconds adopt_patience{10};

// JIDs are used again, so whatever is done by jid is done only to the jail that was meant.
Result<void> check_lives(const JailKey& key) {
  if (jail_name(key.jid, false) == key.name) return {};
  return Fail(Kind::not_running, "jail " + key.name + " is gone");
}

// As the list of a shared mount's users names a run.
std::string user_of(const JailKey& key) {
  return key.name + " " + std::to_string(key.run);
}

}  // namespace

Result<core::Resolved> FreebsdJails::resolve(const core::Resolve& op) {
  return resolve_needs(op, catalog_, shared_, trees_);
}

Result<void> FreebsdJails::adopt(const JailKey& key, bool inhabited) {
  auto adopted = link_.ask(key.run, {{"request", "adopt"}, {"jid", key.jid}, {"inhabited", inhabited}}, adopt_patience);
  if (!adopted) return Fail(adopted.error().in("tell the jail's monitor"));
  return {};
}

Result<void> FreebsdJails::open_monitor(const core::OpenMonitor& op) {
  if (auto opened = link_.open(op.key); !opened) return opened;
  if (op.key.jid == 0 || jail_name(op.key.jid, false) != op.key.name) return {};
  watch_.add(op.key);
  return adopt(op.key, true);
}

Result<LedgerEntry> FreebsdJails::acquire(const core::Acquire& op) {
  const auto same = [&](const Result<void>& done) -> Result<LedgerEntry> {
    if (!done) return Fail(done.error());
    return op.entry;
  };
  switch (op.entry.kind) {
    case ResourceKind::alias: return add_alias(op.entry);
    case ResourceKind::mount: return add_mount(op.entry, shared_, trees_, user_of(op.key));
    case ResourceKind::interface:
      if (auto lives = check_lives(op.key); !lives) return Fail(lives.error());
      return lend_interface(op.entry, op.key.jid);
    case ResourceKind::dataset:
      if (auto lives = check_lives(op.key); !lives) return Fail(lives.error());
      return same(attach_dataset(op.entry.id, op.key.jid));
    case ResourceKind::cgroup: return Fail(Kind::internal, "FreeBSD has no control groups: " + op.entry.id);
  }
  return op.entry;
}

Result<void> FreebsdJails::release(const core::Release& op) {
  if (op.entry.borrowed) return {};
  switch (op.entry.kind) {
    case ResourceKind::alias: return remove_alias(op.entry);
    case ResourceKind::mount: return remove_mount(op.entry, op.force, shared_, user_of(op.key));
    case ResourceKind::interface:
      if (jail_name(op.key.jid, true) != op.key.name) return {};
      return take_interface_back(op.entry, op.key.jid);
    case ResourceKind::dataset:
      if (jail_name(op.key.jid, true) != op.key.name) return {};
      return detach_dataset(op.entry.id, op.key.jid);
    case ResourceKind::cgroup: return {};  // never made here
  }
  return {};
}

void FreebsdJails::create(const core::Create& op, Done done) {
  done(make(op));
}

Result<core::Reply> FreebsdJails::make(const core::Create& op) {
  // exec.prepare may have made it only now.
  if (auto known = trees_.add({op.spec.text("path", "/")}); !known) return Fail(known.error());
  const auto more = addresses_of_hostname(op.spec);
  if (!more) return Fail(more.error());
  watch_.expect(op.key.name);
  const auto jid = create_jail(catalog_, op.key.name, op.spec, more->ip4, more->ip6, trees_);
  const JailKey made{op.key.name, op.key.run, jid.value_or(0)};
  watch_.created(op.key.name, jid ? &made : nullptr);
  if (!jid) return Fail(jid.error());
  if (auto adopted = adopt(made, false); !adopted) {
    const UniqueFd descriptor = watch_.forget(made);
    if (auto removed = remove_jail(catalog_, made, descriptor, remove_patience); !removed) {
      return Fail(removed.error().in(adopted.error().message));
    }
    return Fail(adopted.error());
  }
  return core::Reply(core::Created{made.jid});
}

Result<void> FreebsdJails::remove(const core::Remove& op) {
  // From here on its end is no news.
  const UniqueFd descriptor = watch_.forget(op.key);
  unmount_inner(catalog_, op.key, shared_);
  return remove_jail(catalog_, op.key, descriptor, remove_patience);
}

Result<core::OtherRules> FreebsdJails::set_rules(const core::SetRules& op) {
  std::vector<std::string> wanted = op.hook_rules;
  for (const RctlRule& rule : op.rules) wanted.push_back(rule.kernel_text(op.key.name));
  if (!wanted.empty()) {
    if (auto lives = check_lives(op.key); !lives) return Fail(lives.error());
  } else if (const auto named = find_jail(op.key.name); named && *named != op.key.jid) {
    return core::OtherRules{};  // another jail has the name now, and the rules with it
  }
  auto others = set_jail_rules(op.key.name, wanted, op.others_stay);
  if (!others) return Fail(others.error());
  return core::OtherRules{std::move(*others)};
}

Result<void> FreebsdJails::set_cpuset(const core::SetCpuset& op) {
  if (auto lives = check_lives(op.key); !lives) return lives;
  const std::string parent = parent_name(op.key.name);
  const int parent_jid = parent.empty() ? 0 : find_jail(parent).value_or(0);
  return set_jail_cpus(op.key.jid, parent_jid, op.cpus);
}

Result<void> FreebsdJails::set_params(const core::SetParams& op) {
  if (auto lives = check_lives(op.key); !lives) return lives;
  return update_jail(catalog_, op.key.jid, op.params);
}

}  // namespace jaild::host
