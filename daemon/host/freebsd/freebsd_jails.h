// What a FreeBSD host does for one jail.
#pragma once

#include "api/contract/result.h"
#include "daemon/core/operation.h"
#include "daemon/host/freebsd/jail_params.h"
#include "daemon/host/freebsd/jail_watch.h"
#include "daemon/host/freebsd/shared_mounts.h"
#include "daemon/host/jail_operations.h"
#include "daemon/host/jail_trees.h"
#include "daemon/host/monitor_link.h"

namespace jaild::host {

// Owner: FreebsdHost, as of everything it refers to.
class FreebsdJails final : public JailOperations {
 public:
  // `run_dir`: where files are that go with the boot of the host; `state_dir`: where those are that stay.
  FreebsdJails(const ParamCatalog& catalog, MonitorLink& link, JailWatch& watch, const std::string& run_dir,
               const std::string& state_dir)
      : catalog_(catalog),
        link_(link),
        watch_(watch),
        shared_(run_dir + "/mounts"),
        trees_(jail_trees_file(state_dir)) {}

  [[nodiscard]] JailTrees& trees() { return trees_; }

  Result<core::Resolved> resolve(const core::Resolve& op) override;
  Result<void> open_monitor(const core::OpenMonitor& op) override;
  Result<core::LedgerEntry> acquire(const core::Acquire& op) override;
  Result<void> release(const core::Release& op) override;
  void create(const core::Create& op, Done done) override;
  Result<void> remove(const core::Remove& op) override;
  Result<core::OtherRules> set_rules(const core::SetRules& op) override;
  Result<void> set_cpuset(const core::SetCpuset& op) override;
  Result<void> set_params(const core::SetParams& op) override;

 private:
  Result<core::Reply> make(const core::Create& op);
  Result<void> adopt(const core::JailKey& key, bool inhabited);

  const ParamCatalog& catalog_;
  MonitorLink& link_;
  JailWatch& watch_;
  SharedMounts shared_;
  JailTrees trees_;
};

}  // namespace jaild::host
