// What a Linux host does for one jail.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "api/contract/result.h"
#include "daemon/core/operation.h"
#include "daemon/host/jail_operations.h"
#include "daemon/host/jail_trees.h"
#include "daemon/host/linux/cgroup.h"
#include "daemon/host/linux/jail_watch.h"
#include "daemon/host/linux/usage.h"
#include "daemon/host/monitor_link.h"
#include "daemon/host/unique_fd.h"

namespace jaild::host {

// Where a jail's processes are kept and counted. A run has a group of its own, so that the next run of the name never
// meets what the last one left.
[[nodiscard]] std::string group_of(const std::string& name, std::uint64_t run);

// The rules that a group was given, as set_rules() keeps them with it. Rules whose limits the group does not hold any
// more are left out: somebody changed them.
[[nodiscard]] std::vector<RctlRule> rules_in_force(const CgroupTree& tree, const std::string& group);

// Owner: LinuxHost, as of everything it refers to.
class LinuxJails final : public JailOperations {
 public:
  LinuxJails(const MonitorPaths& paths, const CgroupTree& tree, MonitorLink& link, JailWatch& watch, UsageReader& usage)
      : paths_(paths),
        tree_(tree),
        link_(link),
        watch_(watch),
        usage_(usage),
        trees_(jail_trees_file(paths.state_dir)) {}

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
  Result<nlohmann::json> create_request(const core::Create& op) const;  // for the monitor
  Result<void> acquire_group(const core::JailKey& key) const;
  Result<void> release_group(const core::JailKey& key, bool force);
  Result<void> acquire_link(const core::Acquire& op);
  Result<void> release_link(const core::Release& op);
  Result<UniqueFd> network_of(const core::JailKey& key) const;

  const MonitorPaths& paths_;
  const CgroupTree& tree_;
  MonitorLink& link_;
  JailWatch& watch_;
  UsageReader& usage_;
  JailTrees trees_;

  std::mutex mutex_;  // of networks_
  // Of runs that an interface was moved into, by run: kept open so that the interface can be taken back when the jail
  // is gone; the kernel would destroy one that is not hardware.
  std::map<std::uint64_t, UniqueFd> networks_;
};

// What resolve() would find, as far as the spec tells.
[[nodiscard]] core::Resolved planned_on_linux(const std::string& name, const JailSpec& spec);

}  // namespace jaild::host
