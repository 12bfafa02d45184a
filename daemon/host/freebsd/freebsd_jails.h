// What a FreeBSD host does for one jail, each function one operation of host.h. All may block and run on the host pool.
#pragma once

#include "api/contract/result.h"
#include "daemon/core/operation.h"
#include "daemon/host/freebsd/jail_params.h"
#include "daemon/host/freebsd/jail_watch.h"
#include "daemon/host/freebsd/shared_mounts.h"
#include "daemon/host/monitor_link.h"

namespace jaild::host {

// Owner: FreebsdHost, as of everything it refers to.
class FreebsdJails {
 public:
  // `run_dir`: where files are that go with the boot of the host.
  FreebsdJails(const ParamCatalog& catalog, MonitorLink& link, JailWatch& watch, const std::string& run_dir)
      : catalog_(catalog), link_(link), watch_(watch), shared_(run_dir + "/mounts") {}

  Result<core::Resolved> resolve(const core::Resolve& op);
  Result<void> open_monitor(const core::OpenMonitor& op);
  Result<core::LedgerEntry> acquire(const core::Acquire& op);
  Result<void> release(const core::Release& op);
  Result<core::Created> create(const core::Create& op);
  Result<void> remove(const core::Remove& op);
  Result<void> set_rules(const core::SetRules& op);
  Result<void> set_cpuset(const core::SetCpuset& op);
  Result<void> set_params(const core::SetParams& op);

 private:
  Result<void> adopt(const core::JailKey& key, bool inhabited);

  const ParamCatalog& catalog_;
  MonitorLink& link_;
  JailWatch& watch_;
  SharedMounts shared_;
};

}  // namespace jaild::host
