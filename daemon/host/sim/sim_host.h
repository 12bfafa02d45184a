// Host over the simulated kernel. Several may follow each other over one kernel, as daemons do; never two at once.
//
// Threads: submit() and check() on any; the queries on any, they wait for the callback that runs. Completions and
// events come in callbacks of the Timeline. In such a callback the host may be given new operations and be asked, not
// destroyed.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/host/host.h"
#include "daemon/host/sim/faults.h"
#include "daemon/host/sim/kernel.h"

namespace jaild::host::sim {

class SimExec;

class SimHost final : public Host, private KernelListener {
 public:
  // `faults`: nullptr for none.
  SimHost(std::shared_ptr<Timeline> timeline, std::shared_ptr<SimKernel> kernel, std::shared_ptr<FaultPlan> faults);
  ~SimHost() override;  // as a daemon that is killed: what it had not done yet is never done
  SimHost(const SimHost&) = delete;
  SimHost& operator=(const SimHost&) = delete;

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

  // Every operation that hangs by a fault goes on.
  void let_go();
  // Operations without a completion yet.
  [[nodiscard]] std::size_t under_way() const { return pending_.size(); }

 private:
  struct Pending {
    Op op;
    OpFault fault;
    TimerId timer = 0;  // of the stage it is in
    bool hangs = false;
  };
  // What an operation came to; nullopt: it is still under way and completes later.
  using Outcome = std::optional<Result<Reply>>;

  // ---- the way of an operation (sim_host.cpp)
  TimerId later(Span span, std::function<void()> run);
  void take_inbox();
  void begin(Op op);
  void effect(OpId id);
  void complete(OpId id, Result<Reply> result, bool soon = false);
  void deliver(OpId id, Result<Reply> result);
  void emit(Event event);
  void begin_exec(const JailKey& key, const ExecRequest& request, const ExecStarted& done);  // sim_host_exec.cpp

  // ---- one each (sim_host_jails.cpp, sim_host_limits.cpp, sim_host_things.cpp)
  Outcome perform(OpId id, const Resolve& what);
  Outcome perform(OpId id, const OpenMonitor& what);
  Outcome perform(OpId id, const CloseMonitor& what);
  Outcome perform(OpId id, const Acquire& what);
  Outcome perform(OpId id, const Release& what);
  Outcome perform(OpId id, const Create& what);
  Outcome perform(OpId id, const Remove& what);
  Outcome perform(OpId id, const SetRules& what);
  Outcome perform(OpId id, const SetCpuset& what);
  Outcome perform(OpId id, const SetParams& what);
  Outcome perform(OpId id, const Run& what);
  Outcome perform(OpId id, const core::Cancel& what);
  Outcome perform(OpId id, const StartMain& what);
  Outcome perform(OpId id, const Terminate& what);

  Outcome acquire_alias(OpId id, const Acquire& what);
  Result<LedgerEntry> acquire_mount(const Acquire& what);
  Result<LedgerEntry> acquire_interface(const Acquire& what);
  Result<LedgerEntry> acquire_dataset(const Acquire& what);
  Result<void> release_alias(const Release& what);
  Result<void> release_mount(const Release& what);
  Result<void> release_interface(const Release& what);
  Result<void> release_dataset(const Release& what);
  Result<core::OtherRules> change_rules(const SetRules& what);

  // The live jail of this key; nullptr when it is gone, dying or another one.
  const Jail* jail_of(const JailKey& key, const char* call);
  void wait_for_processes(OpId id, int jid, Span patience);
  void patience_ends(OpId id, int jid);
  void look_at_waiting(const Jail& jail, bool itself);

  // ---- KernelListener
  void tell_empty(const Jail& jail);
  void jail_emptied(const Jail& jail) override;
  void jail_died(const Jail& jail) override;
  void jail_changed(const std::string& name) override;
  void limit_hit(const std::string& name, Resource resource) override;
  void command_ended(std::uint64_t ticket, Result<CommandResult> result) override;
  void main_exited(const JailKey& key, const LastExit& exit) override;
  void monitor_lost(const JailKey& key) override;

  // The timeline ends before the kernel: its callbacks use the kernel.
  std::shared_ptr<FaultPlan> faults_;
  std::shared_ptr<SimKernel> kernel_;
  std::shared_ptr<Timeline> timeline_;
  HostProfile profile_;
  Sink sink_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(false);  // shared with what waits in the timeline

  std::mutex inbox_mutex_;
  std::vector<Op> inbox_;
  bool inbox_noticed_ = false;

  std::uint64_t last_exec_ = 0;
  std::unordered_map<std::uint64_t, std::shared_ptr<SimExec>> execs_;  // that run, by ticket
  int removing_ = 0;  // the jid that Remove is about to end: that is no news
  std::unordered_map<OpId, Pending> pending_;
  std::unordered_map<int, std::vector<OpId>> waiting_;  // jid to Remove and Terminate operations
};

}  // namespace jaild::host::sim
