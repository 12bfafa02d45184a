// What one scrape shows, as values: copied on the loop, completed and written out on a query thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/contract/jail_status.h"
#include "daemon/core/lifecycle.h"

namespace jaild::metrics {

// One jail at the moment of the scrape: small, because ten thousand are copied on the loop.
struct JailSample {
  std::string name;
  JailState state = JailState::stopped;
  Desired desired = Desired::running;
  bool ready = false;
  bool drifted = false;
  bool pending = false;
  std::optional<int> jid;
  std::uint64_t generation = 0;
  std::uint64_t observed_generation = 0;
  std::optional<WallTime> started_at;
  std::optional<int> exit_code;  // of the last run
  std::optional<WallTime> exited_at;
  std::optional<std::pair<core::Activity, std::chrono::nanoseconds>> transition;  // under way: what, since when
  core::JailCounters counters;
  std::vector<RctlRule> limits;  // in force where the jail runs, else as declared
  std::optional<Usage> usage;    // running jails, where the host can tell
};

struct Sample {
  std::vector<JailSample> jails;                // by name
  std::map<std::string, std::uint64_t> events;  // by type
  std::size_t dying = 0;
  std::size_t foreign = 0;
  bool racct = false;
  std::string release;                           // of the host
  std::optional<WallTime> looked_at;             // the last look at all of the kernel that succeeded
  std::chrono::nanoseconds longest_hold{0};      // of the event loop, since jaild started
  std::chrono::nanoseconds collect_duration{0};  // of the usage walk
  std::size_t collect_errors = 0;                // jails whose usage could not be read in time, or at all
};

}  // namespace jaild::metrics
