// rctl rules in Linux's terms: what of them can be enforced here, by which control group file or rlimit.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/contract/cpu_list.h"
#include "api/contract/rctl_rule.h"
#include "api/contract/result.h"
#include "daemon/host/linux/cgroup.h"

namespace jaild::host {

// What a list of rules comes to. Absent: unlimited.
struct Limits {
  std::optional<std::uint64_t> memory;       // bytes; at the limit the kernel kills, it does not page out
  std::optional<std::uint64_t> cpu_percent;  // of one CPU
  std::optional<std::uint64_t> threads;      // nthr and maxproc, whichever is less: pids counts threads
  std::map<std::string, std::uint64_t> io;   // io.max's own words: rbps wbps riops wiops; on every disk
  std::map<std::string, std::uint64_t>
      rlimits;  // by the names of daemon/monitor/protocol.h: "nofile"; for each process
  bool operator==(const Limits&) const = default;
};

// Why this host cannot enforce `rule`; nullopt when it can.
[[nodiscard]] std::optional<std::string> rule_problem(const RctlRule& rule, const CgroupTree& tree);

// Of rules without a problem.
[[nodiscard]] Limits limits_of(const std::vector<RctlRule>& rules);

// Makes the group's limits exactly these, file by file, and reads each back. A file that holds its value already is not
// written, and no limit is lifted on the way to another.
Result<void> apply_limits(const CgroupTree& tree, const std::string& group, const Limits& limits);
// Whether the group's files hold these limits now; rlimits are not looked at.
[[nodiscard]] bool limits_hold(const CgroupTree& tree, const std::string& group, const Limits& limits);

// prlimit(2) on every process of the group, until a walk finds no new one. `known`: what was limited before; a limit
// that is gone from `limits` is lifted.
Result<void> apply_rlimits(const CgroupTree& tree, const std::string& group, const Limits& known, const Limits& limits);

// nullopt: all that the parent group has. Kind::invalid (EINVAL) for a CPU the host does not have, Kind::conflict when
// the kernel keeps the old set.
Result<void> apply_cpuset(const CgroupTree& tree, const std::string& group, const std::optional<CpuList>& cpus);
[[nodiscard]] std::optional<CpuList> cpuset_of(const CgroupTree& tree, const std::string& group);

}  // namespace jaild::host
