// Jails on Linux: namespaces, control groups and pidfds behind the interface of host.h.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "daemon/host/host.h"
#include "daemon/host/host_pool.h"
#include "daemon/host/linux/cgroup.h"
#include "daemon/host/linux/jail_record.h"
#include "daemon/host/linux/jail_watch.h"
#include "daemon/host/linux/linux_jails.h"
#include "daemon/host/linux/usage.h"
#include "daemon/host/monitor_commands.h"
#include "daemon/host/monitor_link.h"

namespace jaild::host {

// Threads: a pool for what may block, and one thread ("the link's") for the monitors and the pidfds. A jail's jid is
// the host's pid of its pid 1, which is the jail's own and no process of it in the sense of host.h.
class LinuxHost final : public Host {
 public:
  explicit LinuxHost(MonitorPaths paths);
  ~LinuxHost() override { stop(); }
  LinuxHost(const LinuxHost&) = delete;
  LinuxHost& operator=(const LinuxHost&) = delete;

  [[nodiscard]] const HostProfile& profile() const override { return profile_; }
  [[nodiscard]] std::vector<FieldError> check(const std::string& name, const JailSpec& spec,
                                              const std::string& base) const override;
  Result<void> start(Sink sink) override;
  void stop() override;
  void submit(Op op) override;
  void exec(const JailKey& key, ExecRequest request, ExecStarted done) override;
  Result<Survey> survey() override;
  Result<std::map<std::string, Usage>> usage(const std::vector<JailKey>& keys) override;
  Result<std::vector<ProcessInfo>> processes(const JailKey& key) override;

 private:
  // On the pool, one overload for each operation that may block.
  void perform(OpId id, const Resolve& op);
  void perform(OpId id, const OpenMonitor& op);
  void perform(OpId id, const CloseMonitor& op);
  void perform(OpId id, const Acquire& op);
  void perform(OpId id, const Release& op);
  void perform(OpId id, const Create& op);
  void perform(OpId id, const Remove& op);
  void perform(OpId id, const SetRules& op);
  void perform(OpId id, const SetCpuset& op);
  void perform(OpId id, const SetParams& op);
  // At once; the monitor's answer completes them.
  void perform(OpId id, const Run& op);
  void perform(OpId id, const core::Cancel& op);
  void perform(OpId id, const StartMain& op);
  void perform(OpId id, const Terminate& op);

  void watch(const core::JailKey& key, std::uint64_t start_time);
  void finish(OpId id, Result<Reply> result);
  void tell(Event event);

  const MonitorPaths paths_;
  const CgroupTree tree_;
  const HostProfile profile_;
  Sink sink_;
  std::atomic<bool> quiet_ = false;  // stop() has begun: nothing goes to the sink any more
  bool running_ = false;             // start() to stop(), their thread only
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  JailRecords records_;
  UsageReader usage_;
  MonitorLink link_;
  MonitorCommands commands_;
  JailWatch watch_;
  LinuxJails jails_;
  std::thread thread_;
  std::unique_ptr<HostPool> pool_;
};

}  // namespace jaild::host
