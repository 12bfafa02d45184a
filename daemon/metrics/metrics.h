// What Prometheus reads. The per-jail series are made anew for each scrape from a Sample, through a Collectable, so
// that a deleted jail is gone at once; counters and histograms of the daemon itself live in a registry. All names,
// units and help texts stand in one place (metrics.cpp).
//
// Threads: observe_* and count_* on the loop, scrape() on a query thread; both at the same time are safe.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/contract/host_profile.h"
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
  std::optional<LastExit> last_exit;
  core::JailCounters counters;
  std::vector<RctlRule> limits;
  std::optional<Usage> usage;  // running jails, where the host can tell
};

struct Sample {
  std::vector<JailSample> jails;
  std::map<std::string, std::uint64_t> events;  // by type
  std::size_t dying = 0;
  bool racct = false;
  std::string racct_hint;
  std::string release;                           // of the host
  std::chrono::nanoseconds collect_duration{0};  // of the usage walk
  bool collect_failed = false;
};

class Metrics {
 public:
  Metrics();
  ~Metrics();

  void count_request(std::string_view method, std::string_view route, int code, std::chrono::nanoseconds took);
  void observe_step(std::string_view step, bool ok, std::chrono::nanoseconds took);
  void observe_commit(bool ok, std::chrono::nanoseconds took);
  void observe_input(std::chrono::nanoseconds took);  // one input with all its actions: how long the loop was held

  // Text format 0.0.4.
  [[nodiscard]] std::string scrape(const Sample& sample) const;

 private:
  struct Registry;
  std::unique_ptr<Registry> registry_;
};

}  // namespace jaild::metrics
