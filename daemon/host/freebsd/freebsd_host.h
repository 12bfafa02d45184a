// Jails on FreeBSD: jail(2), rctl(2), cpuset(2), nmount(2) and kqueue(2) behind the interface of host.h.
#pragma once

#include <string>

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

  [[nodiscard]] const HostProfile& profile() const override { return profile_; }
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
  const HostProfile profile_;
  const int fibs_;
  const std::string run_dir_;
  const std::string state_dir_;
  JailWatch watch_;
  Devctl devctl_;
  FreebsdJails jails_;
};

}  // namespace jaild::host
