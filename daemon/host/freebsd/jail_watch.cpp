#include "daemon/host/freebsd/jail_watch.h"

#include <sys/types.h>  // before event.h, which uses its types

#include <fcntl.h>
#include <sys/event.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "daemon/host/freebsd/jail_calls.h"
#include "daemon/host/freebsd/jail_descriptor.h"

namespace jaild::host {
namespace {

constexpr std::size_t events_at_once = 64;

}  // namespace

JailWatch::JailWatch(const ParamCatalog& catalog, Handlers handlers)
    : catalog_(catalog), handlers_(std::move(handlers)), queue_(::kqueue()) {
  if (queue_) ::fcntl(queue_.get(), F_SETFD, FD_CLOEXEC);
}

bool JailWatch::subscribe(int jid, unsigned notes) const {
  struct kevent change{};
  EV_SET(&change, static_cast<uintptr_t>(jid), filter_jail, EV_ADD | EV_CLEAR, notes, 0, nullptr);
  return ::kevent(queue_.get(), &change, 1, nullptr, 0, nullptr) == 0;
}

// By its descriptor, so that no other jail of the same jid is taken for it. The descriptor's close ends it.
bool JailWatch::subscribe(const Ours& jail) const {
  constexpr unsigned notes = note_jail_remove | note_jail_set;
  if (!jail.descriptor) return subscribe(jail.key.jid, notes);
  struct kevent change{};
  auto* const tag = reinterpret_cast<void*>(static_cast<uintptr_t>(jail.key.jid));
  EV_SET(&change, static_cast<uintptr_t>(jail.descriptor.get()), filter_jail_descriptor, EV_ADD | EV_CLEAR, notes, 0,
         tag);
  return ::kevent(queue_.get(), &change, 1, nullptr, 0, nullptr) == 0;
}

Result<void> JailWatch::start() {
  struct kevent stopper{};
  EV_SET(&stopper, 0, EVFILT_USER, EV_ADD | EV_CLEAR, 0, 0, nullptr);
  // 0 is our own jail: the host. A kernel without the filter refuses it.
  works_ = queue_ && ::kevent(queue_.get(), &stopper, 1, nullptr, 0, nullptr) == 0 && subscribe(0, note_jail_child);
  if (!works_) return {};
  look_for_foreign(false);
  try {
    thread_ = std::thread([this] {
      // A daemon's signals are for its loop.
      sigset_t all;
      sigfillset(&all);
      ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
      run();
    });
  } catch (const std::system_error& refused) {
    return Fail(Kind::unavailable, std::string("cannot start the thread that watches jails: ") + refused.what());
  }
  return {};
}

void JailWatch::stop() {
  if (!thread_.joinable()) return;
  struct kevent stopper{};
  EV_SET(&stopper, 0, EVFILT_USER, 0, NOTE_TRIGGER, 0, nullptr);
  ::kevent(queue_.get(), &stopper, 1, nullptr, 0, nullptr);
  thread_.join();
}

void JailWatch::run() {
  std::array<struct kevent, events_at_once> events{};
  for (;;) {
    const int count = ::kevent(queue_.get(), nullptr, 0, events.data(), events.size(), nullptr);
    if (count < 0 && errno != EINTR) return;
    for (int i = 0; i < count; ++i) {
      const auto& event = events[static_cast<std::size_t>(i)];
      if (event.filter == EVFILT_USER) return;
      const bool by_descriptor = event.filter == filter_jail_descriptor;
      const int jid = static_cast<int>(by_descriptor ? reinterpret_cast<uintptr_t>(event.udata) : event.ident);
      if (jid != 0) {
        if ((event.fflags & note_jail_remove) != 0) {
          removed(jid);
        } else if ((event.fflags & note_jail_set) != 0) {
          changed(jid);
        }
      } else if ((event.fflags & note_jail_multi) != 0) {
        look_for_foreign(true);
      } else if ((event.fflags & note_jail_child) != 0) {
        came(static_cast<int>(event.data));
      }
    }
  }
}

void JailWatch::removed(int jid) {
  std::optional<core::JailKey> ours;
  std::optional<std::string> foreign;
  {
    const std::lock_guard lock(mutex_);
    if (auto node = ours_.extract(jid)) ours = std::move(node.mapped().key);
    if (auto node = foreign_.extract(jid)) foreign = std::move(node.mapped());
  }
  if (ours) handlers_.gone(*ours);
  if (!foreign) return;
  handlers_.gone(core::JailKey{*foreign, 0, jid});  // its name is free at once
  handlers_.changed(*foreign);                      // and another jail of that name may have taken its place
}

// By us or by hand: whoever looks finds out.
void JailWatch::changed(int jid) {
  std::string name;
  {
    const std::lock_guard lock(mutex_);
    const auto ours = ours_.find(jid);
    if (ours == ours_.end()) return;
    name = ours->second.key.name;
  }
  handlers_.changed(name);
}

void JailWatch::came(int jid) {
  const auto name = jail_name(jid, false);
  if (!name) return;
  {
    const std::lock_guard lock(mutex_);
    if (ours_.contains(jid) || expected_.contains(*name)) return;
    if (!foreign_.emplace(jid, *name).second) return;
  }
  if (!subscribe(jid, note_jail_remove)) {
    const std::lock_guard lock(mutex_);
    foreign_.erase(jid);
  }
  handlers_.changed(*name);
}

// Several came at once, and the kernel does not say which; or nobody has looked yet.
void JailWatch::look_for_foreign(bool tell) {
  auto jails = all_jails(catalog_, false);
  if (!jails) return;
  for (const auto& jail : *jails) {
    if (jail.dying) continue;
    if (tell) {
      came(jail.jid);
      continue;
    }
    const std::lock_guard lock(mutex_);
    if (!ours_.contains(jail.jid) && subscribe(jail.jid, note_jail_remove)) foreign_.emplace(jail.jid, jail.name);
  }
}

void JailWatch::expect(const std::string& name) {
  const std::lock_guard lock(mutex_);
  expected_.insert(name);
}

void JailWatch::created(const std::string& name, const core::JailKey* key) {
  if (key != nullptr) add(*key);
  const std::lock_guard lock(mutex_);
  if (const auto one = expected_.find(name); one != expected_.end()) expected_.erase(one);
}

void JailWatch::add(const core::JailKey& key) {
  if (key.jid <= 0) return;
  {
    const std::lock_guard lock(mutex_);
    foreign_.erase(key.jid);
    const auto [entry, fresh] = ours_.try_emplace(key.jid);
    if (!fresh) return;
    entry->second = Ours{key, open_jail(key)};
    if (!works_ || subscribe(entry->second)) return;
  }
  // Removed before we asked.
  removed(key.jid);
}

bool JailWatch::knows(int jid) {
  const std::lock_guard lock(mutex_);
  return ours_.contains(jid);
}

UniqueFd JailWatch::forget(const core::JailKey& key) {
  const std::lock_guard lock(mutex_);
  const auto ours = ours_.find(key.jid);
  if (ours == ours_.end() || ours->second.key != key) return {};
  UniqueFd descriptor = std::move(ours->second.descriptor);
  ours_.erase(ours);
  return descriptor;
}

}  // namespace jaild::host
