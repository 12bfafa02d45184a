// One jail: its wish, its run, and the one transition that may be under way. A state machine that is told what happened
// and asks its Context for what it wants done; at most one operation of a jail is in flight (P2).
//
//              +--------- hindered: blocked, backoff ----------+
//              v                                               |
//   idle -> resolving -> recording -> starting -> running -> stopping -> forgetting -> idle
//              |             |           |  |         |          ^
//              |             |           |  +- failed-+----------+      updating: running, a live change under way
//              +-- missing --+-----------+
//
// Owner: Supervisor. Loop only. Every handler switches over all activities without default, so that the compiler finds
// a (state, event) pair without an answer.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/contract/jail_status.h"
#include "api/contract/task_info.h"
#include "daemon/core/context.h"
#include "daemon/core/drift.h"
#include "daemon/core/restart_policy.h"
#include "daemon/core/steps.h"

namespace jaild::core {

enum class Activity { idle, resolving, recording, starting, running, updating, stopping, forgetting };
constexpr int activity_count = 8;
[[nodiscard]] std::string_view to_string(Activity activity);
// Nothing is under way then.
[[nodiscard]] constexpr bool at_rest(Activity activity) {
  return activity == Activity::idle || activity == Activity::running;
}

// Why a run is being taken down.
enum class StopWhy {
  wish,          // somebody asked: stop, restart, delete, a host shutdown
  failed_start,  // a step of the start failed
  ended,         // the main command exited, or no process is left
  gone,          // the kernel has the jail no more: jail -r
  monitor_lost,  // jaild-monitor died
  unhealthy,     // the health check says so
  interrupted,   // jaild died during this start
  booted,        // the host went down under it: nobody's failure, and no policy is asked
  leftovers,     // an earlier stop could not remove everything
};

// Since this jaild started; Prometheus copes with the reset.
struct JailCounters {
  std::map<std::string, std::uint64_t> restarts;    // by reason: exit, gone, start, health, monitor, interrupted
  std::map<std::string, std::uint64_t> exits;       // by result: success, error, signal, unknown
  std::map<std::string, std::uint64_t> limit_hits;  // by resource
  std::uint64_t log_lines_lost = 0;
};

// What one survey shows of a jail.
struct Sighting {
  const JailFacts& facts;
  const MonitorFacts* monitor;  // of its run; nullptr: none answers
  const MountPoints& mounted;
  MonoTime began;  // when the survey did
};

class Lifecycle {
 public:
  Lifecycle(Context& context, JailRecord record);  // context: the supervisor, outlives this

  [[nodiscard]] const std::string& name() const { return record_.name; }
  [[nodiscard]] const JailRecord& record() const { return record_; }
  [[nodiscard]] const std::optional<RunRecord>& run() const { return run_; }
  [[nodiscard]] Activity activity() const { return activity_; }
  [[nodiscard]] bool has_run() const { return run_.has_value(); }
  [[nodiscard]] MonoTime running_since() const { return running_since_; }  // meaningful while it runs
  // Running and, where there is a health check, healthy: dependants may start.
  [[nodiscard]] bool ready() const;
  // Nothing is left to do for the present wish, or nothing can be: what ?wait= waits for.
  [[nodiscard]] bool settled() const;
  [[nodiscard]] bool failed() const;
  [[nodiscard]] bool wants_up() const;  // desired running and no final exit, not being deleted
  // Wished up and down for as long as a delay takes, or ends by itself and will be: try_now() is of use.
  [[nodiscard]] bool waits() const;
  [[nodiscard]] JailState state() const;
  [[nodiscard]] JailObject object() const;
  // Another one after every input that may change what object() says.
  [[nodiscard]] std::uint64_t revision() const { return revision_; }
  [[nodiscard]] bool has_pending() const { return !pending_.empty() || !drift_why_.empty(); }
  [[nodiscard]] bool has_drift() const { return !drift_.empty(); }
  // The transition under way, as of `now`; nullopt: none.
  [[nodiscard]] std::optional<TaskInfo> task(MonoTime now) const;
  [[nodiscard]] MonoTime transition_began() const { return transition_began_; }  // meaningful while one is under way
  [[nodiscard]] const JailCounters& counters() const { return counters_; }

  // ---- inputs; each may ask the context for operations and commits
  void evaluate();  // level-triggered: compares wish and activity; safe to call at any time
  // A committed write: the new record, and for a restart the wish to go down once first. The caller evaluates, after
  // all records of the write are in place.
  void replace_record(JailRecord record, bool restart);
  // Somebody asked for a start: delays are for tries that nobody asked for. What is remembered of failures stays, so
  // that the delay after the next one is as long as it would have been. The caller evaluates.
  void try_now();
  void on_done(OpId id, Result<Reply> result);
  void on_committed(CommitId id, const Result<void>& result);
  void on_main_exited(const MainExited& event);
  void on_empty(const JailKey& key);
  void on_gone(int jid);
  void on_monitor_lost(const JailKey& key);
  void on_log_told(const JailKey& key, const LogTrouble& trouble);
  void on_readiness(const JailKey& key, bool ready, bool restart, const std::string& reason);
  void on_observed(const Sighting& seen);  // of the jail that has this run's jid
  void host_goes_down();                   // the caller evaluates, after all jails know
  void host_stays_up();                    // likewise

  // What an earlier daemon left of this jail. `facts`: the kernel's jail of that name, alive; nullptr: none.
  void recover(RunRecord run, const JailFacts* facts, const MonitorFacts* monitor);
  // A jail that others started and that is ours from now on.
  void take_over(RunRecord run);
  void set_dying(std::optional<WallTime> since);
  void count_limit_hit(Resource resource) { ++counters_.limit_hits[std::string(to_string(resource))]; }

 private:
  void touch();  // begins every input
  void evaluate_idle();
  void evaluate_running();
  void begin_start();
  void on_resolved(Result<Reply> result);
  void record_intent(Resolved resolved);
  void on_recorded(const Result<void>& result);
  void next_start_step();
  void on_start_step(Result<Reply> result);
  void accept_reply(const Reply& reply, const Step& step);
  void enter_running();
  void begin_stop(StopWhy why, std::string reason);
  void next_stop_step();
  void bound_commands();
  [[nodiscard]] std::string why_down() const;
  void on_stop_step(const Result<Reply>& result);
  bool replace_monitor(const Step& step, const Result<Reply>& result);
  void finish_stop();
  void conclude_run();
  void forget_run();
  void on_forgotten(const Result<void>& result);
  void begin_update();
  void next_update();
  void on_updated(const Result<Reply>& result);
  void look_at_run();
  void take_log(const LogTrouble& trouble);
  bool end_lost_run();  // true: what it lives from is gone, and its stop has begun
  void open_monitor();
  void confirm_running();
  void take_drift(std::vector<Drift> found);
  void begin_repair(std::vector<Drift> found);
  void end_repair();
  void interrupt_start();
  void ended_by_itself();
  void remember_exit(LastExit exit);
  void hold_back(std::string reason, std::chrono::milliseconds delay);
  void set_activity(Activity activity);
  void perform(decltype(Op::what) what);
  [[nodiscard]] bool is_current(const JailKey& key) const;
  void take_step();
  void report(const Step& step, const std::string& error);
  [[nodiscard]] std::optional<StepReport> step_under_way() const;
  [[nodiscard]] std::string step_problem(const Step& step, const Result<Reply>& result) const;
  [[nodiscard]] std::string reason_in_words(JailState state) const;
  [[nodiscard]] bool up_without_command() const;
  [[nodiscard]] bool started_by_others() const;
  [[nodiscard]] bool monitor_wanted() const;
  [[nodiscard]] bool commit_is_due() const;

  Context& context_;
  std::uint64_t revision_;
  JailRecord record_;
  std::optional<RunRecord> run_;
  Activity activity_ = Activity::idle;

  // The transition under way.
  std::vector<Step> steps_;
  std::size_t next_step_ = 0;
  Reached reached_ = Reached::nothing;
  OpId op_ = 0;          // awaited; 0: none
  CommitId commit_ = 0;  // awaited; 0: none
  Now step_began_;
  MonoTime transition_began_{0};
  StopWhy stop_why_ = StopWhy::wish;
  std::string stop_reason_;
  bool interrupted_ = false;            // the start is to end after the present step
  std::vector<LedgerEntry> leftovers_;  // what a stop could not remove
  bool monitor_replaced_ = false;       // in this stop, after it had died or was given up
  bool removal_failed_ = false;         // in this stop, jail_remove failed or took too long
  std::optional<MonoTime> cancel_at_;   // the command in flight has no timeout and the host goes down
  bool jail_left_ = false;              // the jail may still be alive after a stop

  // The present run.
  MonoTime running_since_{0};
  bool monitor_alive_ = false;
  bool empty_ = false;                 // no process since the last command in the jail ended
  std::optional<LastExit> main_exit_;  // seen, not yet acted on
  LogTrouble log_;                     // what was lost stays until the next run
  bool healthy_ = false;
  std::string unready_why_;       // what the last check said; "": none has ended yet
  std::uint64_t considered_ = 0;  // the generation whose live changes were tried
  std::vector<std::string> pending_;
  std::map<std::string, std::string> pending_why_;  // field -> the kernel's words
  bool unconfirmed_ = false;                        // running, but the store does not know yet
  MonoTime settled_at_ = MonoTime::min();           // the end of the last transition: what was seen before is old
  std::vector<std::string> drift_;                  // fields in which the kernel differs
  std::map<std::string, std::string> drift_why_;    // those that are not put right now, and why
  bool repairing_ = false;                          // updating because of drift
  std::vector<std::string> repaired_;               // by the repair under way
  std::string monitor_why_;                         // why an adopted jail has no monitor yet
  MonoTime next_monitor_{0};                        // not before it one is tried again
  MonoTime next_repair_{0};                         // not before it what failed is tried again

  // The wish.
  bool restart_asked_ = false;
  bool going_down_ = false;  // the host shuts down
  std::string blocked_;      // why not started, in words; "": not blocked
  std::chrono::milliseconds blocked_delay_{0};
  std::optional<MonoTime> next_try_;
  std::optional<WallTime> next_try_wall_;
  std::optional<Now> next_release_;      // what a stop left behind is tried again then
  std::optional<MonoTime> next_commit_;  // what the store refused is told it again then
  std::optional<WallTime> dying_since_;
  std::vector<StepReport> reports_;
  JailCounters counters_;
};

}  // namespace jaild::core
