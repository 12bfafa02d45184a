// Joins core, host and store: feeds what happens to the supervisor, carries out what it asks for. The daemon and the
// simulation run this same code. Loop thread only, but for start().
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>

#include "daemon/core/supervisor.h"
#include "daemon/host/host.h"
#include "daemon/runtime/culprit.h"
#include "daemon/runtime/loop.h"
#include "daemon/store/store.h"

namespace jaild::runtime {

// Requests that wait for a jail (?wait=). A connection holds at most one, so the server's bound holds here too.
constexpr std::size_t waiters_max = 2000;

using ProbeDone = std::function<void(const Result<core::CommandResult>&)>;
using ChangeDone = std::function<void(Result<ChangeReply>)>;

// Who watches the engine work: for metrics, logs and subscribers. Called on the loop; must not call back into the
// engine.
class EngineObserver {
 public:
  virtual ~EngineObserver() = default;
  // Something happened, and may not be on the disk yet: for what acts on it at once and for the log. It has no number.
  virtual void on_fact(const JailEvent& fact) = 0;
  // The same, durable and numbered: for those who follow. Numbers only grow.
  virtual void on_event(const JailEvent& event) = 0;
  virtual void on_step(const JailEvent& /*step*/) {}  // a jail.step, which is no history
  virtual void on_operation(std::string_view name, bool ok, std::chrono::nanoseconds took) = 0;
  virtual void on_commit(const Result<void>& result, std::chrono::nanoseconds took) = 0;
  // How long one input, with all it led to, held the loop.
  virtual void on_input(const Culprit& input, std::chrono::nanoseconds took) = 0;
};

// Every mistake of a spec by itself: what holds on each host, and what this one cannot do. Pure; any thread.
[[nodiscard]] std::vector<FieldError> mistakes_in(const std::string& name, const JailSpec& spec,
                                                  const host::Host& host);

// Core counts its operations from 1 upwards, probes count from here.
constexpr core::OpId first_probe = core::OpId{1} << 62;

class Engine {
 public:
  // All outlive the engine.
  Engine(Loop& loop, host::Host& host, store::Store& store, core::SupervisorOptions options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Loads what is remembered, looks at what is, adopts. Blocks; before the loop runs.
  Result<void> start();
  // Takes no more inputs; jails run on.
  void stop();

  void take(core::Input input);
  void change(ChangeRequest request, std::chrono::seconds wait, ChangeDone done);
  // Makes something durable that concerns no jail; `done` once it is.
  void record(core::RecordRequested request, std::function<void(Result<void>)> done);
  // What the store remembered of them, once; after start().
  [[nodiscard]] std::vector<core::TokenRecord> take_tokens() { return std::exchange(tokens_, {}); }
  // Runs a command in a running jail for a health check, beside whatever else is under way there.
  void probe(const core::JailKey& key, core::Command command, ProbeDone done);
  // After a reload: holds for steps and starts that begin from now on.
  void set_pace(const core::Timeouts& timeouts, int parallel_starts) {
    supervisor_.set_pace(timeouts, parallel_starts);
  }
  // Stops all jails, in order, because the host goes down; `done` when none is left or `budget` is over.
  void shut_down_jails(std::chrono::seconds budget, std::function<void(bool all_down)> done);

  [[nodiscard]] const core::Supervisor& supervisor() const { return supervisor_; }
  void set_observer(EngineObserver* observer) { observer_ = observer; }  // nullptr: nobody; outlives its use

 private:
  // One answer that is held back until its jails are settled, or its deadline.
  struct Waiter {
    std::vector<std::string> names;
    core::MonoTime deadline;
    std::function<void()> answer;
  };

  // An operation under way.
  struct Operation {
    std::string_view name;
    std::string jail;
    core::MonoTime began{0};
  };

  void take(core::Input input, Culprit culprit);
  void carry_out(std::vector<core::Action> actions);
  void carry_out(core::Perform perform);
  void carry_out(core::Commit commit);
  void carry_out(core::Answer answer);
  void carry_out(core::ContinuePlan plan);
  void carry_out(core::GoOn);
  void carry_out(core::Notify notify);
  void carry_out(core::Publish publish);
  void carry_out(core::ShowStep step);
  void carry_out(core::LookAround look);
  Culprit note_done(const core::OpDone& done);
  void finish_probe(const core::OpDone& done);
  void finish(ChangeReply reply, const ChangeDone& done) const;
  [[nodiscard]] bool is_full() const { return tickets_.size() + waiters_.size() >= waiters_max; }
  void answer_waiters();
  void arm();
  [[nodiscard]] bool is_over(const std::string& name) const;  // nothing is left to wait for
  // `task` on the loop, unless the engine stopped meanwhile.
  template <class Task>
  std::function<void()> while_alive(Task task);

  Loop& loop_;
  host::Host& host_;
  store::Store& store_;
  core::Supervisor supervisor_;
  EngineObserver* observer_ = nullptr;
  std::unordered_map<core::OpId, Operation> operations_;
  std::unordered_map<core::Ticket, std::pair<std::chrono::seconds, ChangeDone>> tickets_;
  std::list<Waiter> waiters_;
  std::unordered_map<core::OpId, ProbeDone> probes_;
  core::OpId last_probe_ = first_probe;
  std::function<void(bool)> shutdown_done_;
  core::MonoTime shutdown_deadline_{0};
  std::vector<core::TokenRecord> tokens_;
  core::Ticket last_ticket_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace jaild::runtime
