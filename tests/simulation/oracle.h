// Looks at a simulated world after every step and says which promise was broken (doc/design.md, P1 to P9).
//
// It believes nobody: what is durable it hears from the store, what exists from the kernel, what is done from the host,
// and what was promised from the answers to requests. Of the core it asks only what clients can see.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/core/supervisor.h"
#include "daemon/host/sim/kernel.h"
#include "tests/simulation/traced_host.h"

namespace jaild::simulation {

// Jails of one world that start at the same time.
constexpr int parallel_starts = 3;

class Oracle final : public HostObserver {
 public:
  explicit Oracle(host::sim::SimKernel& kernel) : kernel_(kernel) {}  // outlives this

  [[nodiscard]] const std::optional<std::string>& verdict() const { return verdict_; }  // the first breach
  void broken(const std::string& promise);

  // ---- told by the simulation
  void daemon_starts(const core::Supervisor& supervisor, const core::Snapshot& loaded);
  void daemon_started(const core::Snapshot& loaded);  // it has looked at the kernel
  void daemon_gone();
  void host_rebooted();
  void clock_stepped() { clock_stepped_ = true; }
  void host_goes_down(std::chrono::seconds budget);
  void asked(std::uint64_t id, const ChangeRequest& request);
  void answered(std::uint64_t id, const ChangeRequest& request, const Result<ChangeReply>& reply);
  void durable(const std::vector<core::Mutation>& mutations);
  void happened(const JailEvent& fact, core::Now now);
  void told(const JailEvent& event);  // to those who follow
  // Somebody gave this name to a jail. Rules go by name, so from now on nobody can say whose they are.
  void name_taken(const std::string& name) { taken_.insert(name); }
  [[nodiscard]] bool going_down() const { return going_down_; }

  void on_submit(const core::Op& op) override;
  void on_done(core::OpId id) override;

  // ---- after each step
  void look();
  // After the faults: what is not yet as it should be, in words; "" when wish and kernel agree.
  [[nodiscard]] std::string disagreement(const core::Survey& survey) const;
  // Whether nothing goes round by itself, so that a sweep must change nothing.
  [[nodiscard]] bool at_rest() const;

 private:
  struct Known {  // what was answered 2xx
    std::uint64_t generation = 0;
    std::optional<Desired> desired;  // nullopt: unknown since a crash
  };
  struct Restarts {  // by policy, since somebody last asked for something
    int count = 0;
    core::MonoTime last{0};
    bool known = false;                // `last` is the beginning of the last start
    std::deque<core::MonoTime> times;  // within the window
  };

  void take_run(const core::RunRecord& run);  // that is durable
  void look_at_sets();
  void forget_sets_of(const std::string& name);
  [[nodiscard]] std::set<std::string> concerned(const ChangeRequest& request) const;
  void answered(const std::set<std::string>& names, const Error* error);
  void look_at_findings();
  void look_at_acknowledged();
  void look_at_boot();
  void look_at_shown();
  void check_record(const core::JailKey& key, const core::Op& op);
  void check_hooks(const core::Op& op);
  void check_start(const std::string& name);
  void check_stop(const std::string& name, const std::string& why);
  void check_tried(const std::string& name);
  void check_delay(const std::string& name, core::Now now);
  void check_adopted(const core::Snapshot& loaded);
  void forgive(const std::string& name);  // and what is above and below it
  [[nodiscard]] std::string complaint_about(const core::Lifecycle& jail, const core::Survey& survey) const;

  host::sim::SimKernel& kernel_;
  const core::Supervisor* supervisor_ = nullptr;  // of the daemon that lives
  std::optional<std::string> verdict_;
  std::size_t findings_seen_ = 0;

  struct Shown {
    std::uint64_t revision = 0;
    std::string text;
  };
  std::map<std::string, Shown> shown_;  // by jail, when it was last looked at
  std::uint64_t looks_ = 0;

  std::map<std::string, Known> acknowledged_;
  std::set<std::string> uncertain_;  // a request about it was under way when the daemon died
  std::map<std::uint64_t, std::set<std::string>> under_way_;
  std::set<std::uint64_t> prunes_;                         // of under_way_, those that may delete any jail
  std::map<std::string, std::set<std::string>> sets_;      // by label: members that no later request is about
  std::map<std::string, std::string> labels_;              // of the jails that are durable; "" where it has none
  std::map<std::string, core::RunRecord> runs_;            // durable
  std::unordered_map<core::OpId, std::string> in_flight_;  // operation to jail
  std::map<std::string, core::OpId> busy_;                 // jail to its one operation
  std::map<std::uint64_t, std::set<std::string>> owed_;    // run to the hooks that it must still get
  std::map<std::string, Restarts> restarts_;
  std::set<std::string> taken_;
  bool going_down_ = false;  // a daemon that knows of it lives
  host::sim::Moment shutdown_until_{};
  std::optional<host::sim::Moment> stored_until_;  // until then the next daemon will know of it
  bool clock_stepped_ = false;
  std::map<std::uint64_t, std::string> events_;  // durable, by number: their type and jail
  std::uint64_t last_told_ = 0;
  std::size_t untold_ = 0;  // happened, and nobody who follows has heard of it
  bool booted_ = false;     // the host, at least once
  std::set<std::string> started_since_boot_;
};

}  // namespace jaild::simulation
