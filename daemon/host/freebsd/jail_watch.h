// Learns of jails that come and go without us: EVFILT_JAILDESC on ours and EVFILT_JAIL on the others, where the kernel
// has them (FreeBSD 15). Where it has not, the monitors' notes and the sweep find out, later.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "api/contract/result.h"
#include "daemon/core/resource.h"
#include "daemon/host/freebsd/jail_params.h"
#include "daemon/host/unique_fd.h"

namespace jaild::host {

// Owner: the host. start() and stop() on one thread; the others on any. Has a thread of its own that waits for the
// kernel: asio cannot, it makes what it waits for non-blocking, and a kqueue refuses that.
class JailWatch {
 public:
  struct Handlers {                                   // called on the watch's thread
    std::function<void(const core::JailKey&)> gone;   // a jail of ours, or a foreign one, whose run is 0
    std::function<void(const std::string&)> changed;  // a foreign jail came or went, or one of ours was set
  };
  JailWatch(const ParamCatalog& catalog, Handlers handlers);
  ~JailWatch() { stop(); }
  JailWatch(const JailWatch&) = delete;
  JailWatch& operator=(const JailWatch&) = delete;

  // Kind::unavailable: its thread cannot be made.
  Result<void> start();
  // No handler is called after it returned.
  void stop();
  // false: the kernel tells nothing.
  [[nodiscard]] bool works() const { return works_; }

  // Around jail_set(2): what is being made by us is no news.
  void expect(const std::string& name);
  void created(const std::string& name, const core::JailKey* key);  // nullptr: it failed

  void add(const core::JailKey& key);
  // Its end is wanted. After this returned, nothing is told of it. Gives its descriptor away, if there was one; none of
  // another run's jail that has the jid by now.
  UniqueFd forget(const core::JailKey& key);
  // Ours and not forgotten; on every kernel.
  [[nodiscard]] bool knows(int jid);

 private:
  struct Ours {
    core::JailKey key;
    UniqueFd descriptor;  // none: the kernel has no such thing
  };

  void run();
  void removed(int jid);
  void changed(int jid);
  void came(int jid);
  void look_for_foreign(bool tell);
  [[nodiscard]] bool subscribe(int jid, unsigned notes) const;
  [[nodiscard]] bool subscribe(const Ours& jail) const;

  const ParamCatalog& catalog_;
  const Handlers handlers_;
  const UniqueFd queue_;
  std::atomic<bool> works_ = false;
  std::thread thread_;
  std::mutex mutex_;  // of what follows
  std::map<int, Ours> ours_;
  std::map<int, std::string> foreign_;
  std::multiset<std::string> expected_;
};

}  // namespace jaild::host
