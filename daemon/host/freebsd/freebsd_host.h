// Jails on FreeBSD: jail(2), rctl(2), cpuset(2), nmount(2) and kqueue(2) behind the interface of host.h.
#pragma once

#include <list>
#include <mutex>
#include <string>
#include <vector>

#include "daemon/host/freebsd/devctl.h"
#include "daemon/host/freebsd/freebsd_jails.h"
#include "daemon/host/freebsd/jail_params.h"
#include "daemon/host/freebsd/jail_watch.h"
#include "daemon/host/kernel_host.h"

namespace jaild::host {

// devd is listened to on the link's thread; a further thread waits for the kernel's events (jail_watch.h).
class FreebsdHost final : public KernelHost {
 public:
  explicit FreebsdHost(MonitorPaths paths);
  ~FreebsdHost() override { stop(); }

  // Of the modules that are loaded now. What was returned before stays as long as the host.
  [[nodiscard]] const HostProfile& profile() const override;
  [[nodiscard]] std::vector<FieldError> check(const std::string& name, const JailSpec& spec,
                                              const std::string& base) const override;
  void declared(const std::string& path) override { jails_.trees().declare(path); }
  Result<void> start(Sink sink) override;
  void stop() override;
  Result<Survey> survey() override;
  Result<std::map<std::string, Usage>> usage(const std::vector<JailKey>& keys) override;
  Result<std::vector<ProcessInfo>> processes(const JailKey& key) override;

 private:
  JailOperations& jails() override { return jails_; }
  void became_empty(const JailKey& key);

  const Result<ParamCatalog> discovered_;
  const ParamCatalog catalog_;
  mutable std::mutex profiles_mutex_;
  mutable std::list<HostProfile> profiles_;   // never empty; the last one holds
  mutable std::vector<std::string> modules_;  // of the last look
  const int fibs_;
  const std::string run_dir_;
  const std::string state_dir_;
  JailWatch watch_;
  Devctl devctl_;
  FreebsdJails jails_;
};

}  // namespace jaild::host
