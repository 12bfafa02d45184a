// What jails use, from their control groups and /proc.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "api/contract/jail_status.h"
#include "daemon/host/linux/cgroup.h"

namespace jaild::host {

// Any thread. Figures of FreeBSD's racct, as far as Linux keeps them:
//   memoryuse   charged to the group without inactive file pages (what must stay); swapuse where swap is counted
//   cputime, wallclock   whole seconds; wallclock is the sum of the ages of the processes there are
//   maxproc, nthr, openfiles, vmemoryuse   now
//   pcpu, readbps, writebps, readiops, writeiops   since the last reading at least a second ago, the first time since
//               the jail was first seen; left out before that second is over
class UsageReader {
 public:
  explicit UsageReader(const CgroupTree& tree) : tree_(tree) {}  // owned by the host, outlives this

  // nullopt: the group is gone.
  std::optional<Usage> read(const std::string& group);
  void forget(const std::string& group);

 private:
  using Clock = std::chrono::steady_clock;
  using Counters = std::map<Resource, double>;  // ever growing: CPU seconds times 100, bytes, operations
  struct Sample {
    Clock::time_point at;
    Counters counters;
    std::map<Resource, std::uint64_t> rates;  // as last computed
  };

  [[nodiscard]] Counters counters(const std::string& group) const;
  void add_memory(const std::string& group, Usage& usage) const;
  void add_processes(const std::string& group, Usage& usage) const;
  void add_rates(const std::string& group, Counters now, Usage& usage);

  const CgroupTree& tree_;
  std::mutex mutex_;  // of samples_: readings come on several threads of the pool
  std::map<std::string, Sample> samples_;
};

}  // namespace jaild::host
