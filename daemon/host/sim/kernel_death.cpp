// How jails end: jail_remove(2), the last process, dying, the last reference (freebsd-kernel.md 4.1, 4.2, 4.4).
#include <algorithm>
#include <cerrno>
#include <csignal>

#include "daemon/host/sim/kernel.h"
#include "daemon/host/sim/refusal.h"

namespace jaild::host::sim {

Result<void> SimKernel::jail_remove(int jid, Actor actor) {
  count_change(actor);
  Jail* jail = find_mutable(jid);
  if (jail == nullptr) return refuse(EINVAL, "jail " + std::to_string(jid) + " not found");
  if (jail->dying) return {};
  if (actor == Actor::jaild && jail->maker != actor) note(Finding::foreign_touched, jail->name, "jail_remove");
  die(jid);
  return {};
}

void SimKernel::die(int jid) {
  Jail* jail = find_mutable(jid);
  if (jail == nullptr) return;
  const int parent = jail->parent;
  if (!jail->dying) begin_dying(*jail);
  end_of_last_reference(jid);
  settle(parent);
}

// The child jails first. Their processes get SIGKILL, which acts after this has returned.
void SimKernel::begin_dying(Jail& jail) {
  for (const int child : std::vector<int>(jail.children)) {
    Jail& each = jails_.at(child);
    if (!each.dying) begin_dying(each);
    end_of_last_reference(child);
  }
  index_addresses(jail, false);
  jail.dying = true;
  jail.dying_since = timeline_.now();
  jail.persist = false;
  alive_.erase(jail.name);
  for (const int pid : jail.pids) (void)kill(pid, SIGKILL);
  if (jail.lingers > Span{0}) {
    ++jail.references;
    lingering_[jail.serial] = jail.jid;
    timeline_.at(timeline_.now() + jail.lingers, [this, serial = jail.serial] {
      const auto found = lingering_.find(serial);
      if (found == lingering_.end()) return;
      const int jid = found->second;
      lingering_.erase(found);
      drop_reference(jid);
    });
  }
  if (listener_ != nullptr) listener_->jail_died(jail);
}

bool SimKernel::is_empty(const Jail& jail) const {
  return jail.pids.empty() && std::none_of(jail.children.begin(), jail.children.end(),
                                           [this](int child) { return !jails_.at(child).dying; });
}

// Without persist, processes and live child jails it dies, but on a task of the kernel: for a moment after the last
// exit it still looks alive.
void SimKernel::settle(int jid) {
  const auto ends = [this](const Jail* jail) {
    return jail != nullptr && !jail->dying && !jail->persist && is_empty(*jail);
  };
  Jail* jail = find_mutable(jid);
  if (!ends(jail) || jail->settling) return;
  jail->settling = true;
  timeline_.at(timeline_.now(), [this, jid, ends] {
    Jail* now = find_mutable(jid);
    if (now == nullptr) return;
    now->settling = false;
    if (ends(now)) die(jid);
  });
}

void SimKernel::end_of_last_reference(int jid) {
  Jail* jail = find_mutable(jid);
  if (jail == nullptr || !jail->dying || !jail->pids.empty() || jail->zombies > 0 || jail->references > 0 ||
      !jail->children.empty()) {
    return;
  }
  const int parent = jail->parent;
  destroy(*jail);
  end_of_last_reference(parent);
}

void SimKernel::destroy(Jail& jail) {
  const int jid = jail.jid;
  if (jail.lent > 0) {
    network.jail_went(jid);
    datasets.jail_went(jid);
  }
  mounts_.root_removed(jail.path, jid);
  accounts_.jail_went(jail.name);
  if (Jail* parent = find_mutable(jail.parent)) std::erase(parent->children, jid);
  jails_.erase(jid);
}

void SimKernel::set_lingering(int jid, Span span) {
  if (Jail* jail = find_mutable(jid)) jail->lingers = span;
}

void SimKernel::add_reference(int jid) {
  if (Jail* jail = find_mutable(jid)) ++jail->references;
}

void SimKernel::drop_reference(int jid) {
  Jail* jail = find_mutable(jid);
  if (jail == nullptr || jail->references == 0) return;
  --jail->references;
  end_of_last_reference(jid);
}

void SimKernel::reap(int jid) {
  Jail* jail = find_mutable(jid);
  if (jail == nullptr || jail->zombies == 0) return;
  charge(jid, -jail->zombies, 0, 0);
  jail->zombies = 0;
  end_of_last_reference(jid);
}

}  // namespace jaild::host::sim
