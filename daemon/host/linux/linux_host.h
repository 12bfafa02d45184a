// Jails on Linux: namespaces, control groups and pidfds behind the interface of host.h.
#pragma once

#include <string>

#include "daemon/host/kernel_host.h"
#include "daemon/host/linux/cgroup.h"
#include "daemon/host/linux/jail_record.h"
#include "daemon/host/linux/jail_watch.h"
#include "daemon/host/linux/linux_jails.h"
#include "daemon/host/linux/usage.h"

namespace jaild::host {

// The pidfds are watched on the link's thread. A jail's jid is the host's pid of its pid 1, which is the jail's own and
// no process of it in the sense of host.h.
class LinuxHost final : public KernelHost {
 public:
  explicit LinuxHost(MonitorPaths paths);
  ~LinuxHost() override { stop(); }

  [[nodiscard]] const HostProfile& profile() const override { return profile_; }
  [[nodiscard]] std::vector<FieldError> check(const std::string& name, const JailSpec& spec,
                                              const std::string& base) const override;
  void declared(const std::string& path) override { jails_.trees().declare(path); }
  [[nodiscard]] core::Resolved planned(const std::string& name, const JailSpec& spec) const override;
  Result<void> start(Sink sink) override;
  void stop() override;
  void exec(const JailKey& key, ExecRequest request, ExecStarted done) override;
  Result<Survey> survey() override;
  Result<std::map<std::string, Usage>> usage(const std::vector<JailKey>& keys) override;
  Result<std::vector<ProcessInfo>> processes(const JailKey& key) override;

 private:
  JailOperations& jails() override { return jails_; }

  const MonitorPaths paths_;
  const CgroupTree tree_;
  const HostProfile profile_;
  JailRecords records_;
  UsageReader usage_;
  JailWatch watch_;
  LinuxJails jails_;
};

}  // namespace jaild::host
