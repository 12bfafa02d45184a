// All jails: takes inputs in, gives actions out, knows the graph. Pure: no I/O, no clock; the same inputs give the same
// actions. Loop only.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "api/contract/query.h"
#include "daemon/core/change/planner.h"
#include "daemon/core/context.h"
#include "daemon/core/input.h"
#include "daemon/core/jail_index.h"
#include "daemon/core/lifecycle.h"
#include "daemon/core/records.h"

namespace jaild::core {

// The only periodic work: one look at all of the kernel a minute, for what no event told.
constexpr std::chrono::seconds sweep_interval{60};
// A disk that is full stays so for a while; one small commit a second costs nothing.
constexpr std::chrono::seconds boot_retry{1};
// Events that no other commit takes along within this time get one of their own: soon enough for who follows, and one
// commit for a burst of them.
constexpr std::chrono::milliseconds events_wait{100};
constexpr std::chrono::seconds events_retry{1};
// A disk that refuses commits for days keeps no more than these, the newest, for when it takes them again.
constexpr std::size_t unsaved_events_max = 10'000;
// Between the end of a shutdown's budget and that of the host: what rc.shutdown(8) still has to do.
constexpr std::chrono::seconds shutdown_slack{60};
// However wrong the clock is, jails are not kept down longer by a shutdown that did not happen.
constexpr std::chrono::minutes shutdown_longest{15};
// Requests that wait for earlier ones on the same jails. More are refused: somebody loops.
constexpr std::size_t waiting_requests_max = 1000;

struct SupervisorOptions {
  Timeouts timeouts;
  int parallel_starts = 4;  // jails that start at the same time; setting, default the number of CPUs
  std::string boot_id;
  std::uint64_t seed = 1;       // of the jitter
  AdoptionRules adoption = {};  // set by the engine, as is what follows
  HostWays ways = {};
  // Changes that are planned and put in force at a stretch, a few milliseconds; the simulation takes fewer.
  std::size_t piece = 64;
};

class Supervisor final : public Context {
 public:
  explicit Supervisor(SupervisorOptions options);

  // First, once: what the store remembers against what the kernel shows.
  std::vector<Action> recover(Snapshot snapshot, const Survey& survey, Now now);
  std::vector<Action> on_input(Input input, Now now);
  // From the next transition on; see SupervisorOptions.
  void set_pace(const Timeouts& timeouts, int parallel_starts);
  // When a Tick is due; there is always the next sweep.
  [[nodiscard]] MonoTime next_deadline() const;

  [[nodiscard]] const Lifecycle* find(const std::string& name) const;
  [[nodiscard]] Result<JailObject> get(const std::string& name) const;         // ours or foreign
  [[nodiscard]] std::vector<std::string> names(const ListQuery& query) const;  // ours and foreign, in order
  [[nodiscard]] const std::map<std::string, std::unique_ptr<Lifecycle>>& jails() const { return jails_; }
  [[nodiscard]] const std::map<std::string, JailFacts>& foreign() const { return foreign_; }
  // What of a request does not go together with the jails that are, or among its own; pointers as in its document.
  [[nodiscard]] std::vector<FieldError> mistakes_among_jails(ChangeRequest request) const;
  // When the kernel was last looked at as a whole, at start or by a sweep.
  [[nodiscard]] WallTime looked_at() const { return looked_at_; }
  [[nodiscard]] std::size_t dying() const { return dying_.size(); }
  [[nodiscard]] std::uint64_t last_event() const { return last_event_; }  // that is durable
  [[nodiscard]] const std::map<std::string, std::uint64_t>& event_counts() const { return event_counts_; }
  [[nodiscard]] bool all_down() const;  // after a shutdown request: no run is left

  // ---- Context
  [[nodiscard]] Now now() const override { return now_; }
  [[nodiscard]] const Timeouts& timeouts() const override { return options_.timeouts; }
  [[nodiscard]] const std::string& boot_id() const override { return options_.boot_id; }
  [[nodiscard]] const HostWays& host_ways() const override { return options_.ways; }
  double jitter() override;
  std::uint64_t next_run() override { return ++last_run_; }
  std::uint64_t next_revision() override { return ++last_revision_; }
  OpId perform(Lifecycle& jail, decltype(Op::what) what) override;
  CommitId commit(Lifecycle& jail, std::vector<Mutation> mutations) override;
  void publish(EventType type, const std::string& jail, std::string message,
               std::map<std::string, std::string> data) override;
  void show_step(const std::string& jail, StepReport step) override;
  std::optional<std::string> start_hindrance(Lifecycle& jail) override;
  std::optional<std::string> stop_hindrance(const Lifecycle& jail) override;
  void wake_at(Lifecycle& jail, MonoTime when) override;
  void changed(Lifecycle& jail) override;

 private:
  struct PendingChange {
    Ticket ticket = 0;
    ChangeRequest request;  // its specs are in the plan
    Plan plan;
  };

  // An event that is durable and has still to be told.
  struct Untold {
    JailEvent event;
    bool known = false;  // a fact: what acts on it has heard of it
  };
  // A large plan that is staged, and whose events have still to be made.
  struct Prepared {
    PendingChange pending;
    std::vector<Mutation> mutations;
  };
  // A large plan that is durable, and has still to be put in force.
  struct Installing {
    PendingChange pending;
    ChangeReply reply;
    std::unordered_set<std::string> names;  // of its jails, which are evaluated when all of them are in place
    std::size_t next = 0;                   // of its records
  };
  // An answer that has still to get its objects.
  struct PendingAnswer {
    Ticket ticket = 0;
    ChangeReply reply;
    std::deque<std::string> names;
  };

  // The events of a commit that is on its way to the disk.
  struct EventsUnderWay {
    std::vector<JailEvent> events;  // numbered
    std::size_t facts = 0;          // the first ones of them: true whatever becomes of the commit
  };

  // A commit of a jail itself that waits for the plan which is on its way to the disk.
  struct HeldCommit {
    CommitId id = 0;
    std::string jail;
    std::vector<Mutation> mutations;
  };

  void take(Tick);
  void take(OpDone done);
  void take(Event event);
  void take(Committed committed);
  void take(RecordRequested request);
  void take(ChangeRequested request);
  void take(PlanContinued plan);
  void take(GoneOn);
  void take(Surveyed surveyed);
  void take(ReadinessChanged change);
  void take(ShutdownRequested request);

  // ---- requests to change jails (supervisor_change.cpp)
  void begin_change(Ticket ticket, ChangeRequest request);
  void finish_plan(Ticket ticket);
  void catch_up(Plan& plan) const;
  void store_plan(PendingChange pending);
  void commit_plan(PendingChange pending, std::vector<Mutation> mutations);
  [[nodiscard]] static std::string taken_along(const PendingChange& pending);
  [[nodiscard]] std::vector<JailEvent> events_of(const PendingChange& pending) const;
  void finish_change(PendingChange pending, const Result<void>& result);
  [[nodiscard]] static ChangeReply begin_reply(PendingChange& pending);
  void install_piece();
  void answer(PendingChange pending, ChangeReply reply);
  [[nodiscard]] bool must_wait(const ChangeRequest& request) const;
  // Why a request cannot be taken, or not put off if it must wait; nullopt: it can.
  [[nodiscard]] std::optional<Error> refusal(bool dry_run, bool waits) const;
  void go_on_with_waiting();
  void refuse_waiting(const Error& error);

  // ---- from a plan to the disk and into force (supervisor_commit.cpp)
  [[nodiscard]] std::vector<Mutation> mutations_of(const Plan& plan) const;
  void stage(const Plan& plan);  // from now until install() or take_back() it is on its way to the disk
  void install(Plan&& plan);     // it is durable
  void take_back(const Plan& plan);
  void release_commits(const Plan& plan, bool durable);
  void install(JailRecord record, bool restart);
  void try_now(const Plan& plan);
  void remove(const std::string& name);

  std::vector<Action> settle();  // evaluates what is dirty, hands out the actions
  void evaluate_dirty();
  // `told`: events that are true once it is durable, and never if it fails.
  CommitId commit_as(std::string owner, std::vector<Mutation> mutations, std::vector<JailEvent> told = {});
  void emit(CommitId id, std::vector<Mutation> mutations, std::vector<JailEvent> told = {});
  // ---- events (supervisor_events.cpp)
  [[nodiscard]] JailEvent make_event(EventType type, const std::string& jail, std::string message,
                                     std::map<std::string, std::string> data) const;
  void number_events(CommitId id, std::vector<Mutation>& mutations, std::vector<JailEvent> told);
  void conclude_events(CommitId id, bool durable);
  void keep_for_later(std::vector<JailEvent> facts);
  void save_events();
  void tell();
  std::size_t add_objects(PendingAnswer& answer, std::size_t most) const;
  [[nodiscard]] bool has_more() const {
    return !prepared_.empty() || !installing_.empty() || !to_tell_.empty() || !answers_.empty();
  }
  void observe(const Survey& survey);
  [[nodiscard]] Lifecycle* owner_of(const JailFacts& facts, const std::unordered_map<int, Lifecycle*>& running);
  void look_around();
  void go_down();
  void resume_shutdown(const std::map<std::string, std::string>& meta);
  void end_shutdown();
  void forget_shutdown();
  void answer_adoptions(const Result<Survey>& survey);
  void record_boot();
  void on_boot_recorded(const Result<void>& result);
  [[nodiscard]] Lifecycle* lifecycle(const std::string& name);
  [[nodiscard]] std::vector<std::string> dependants_of(const std::string& name) const;

  SupervisorOptions options_;
  Now now_;
  std::mt19937_64 random_;
  std::map<std::string, std::unique_ptr<Lifecycle>> jails_;
  std::map<std::string, JailFacts> foreign_;
  std::set<std::string> foreign_dev_;  // of them, those with something mounted on their /dev
  std::map<int, WallTime> dying_;      // jid -> first seen dying
  bool going_down_ = false;
  std::optional<MonoTime> shutdown_over_;  // when a shutdown that an earlier jaild was told of has not happened

  JailIndex index_;
  const Present present_{
      jails_,           index_,        foreign_, foreign_dev_, options_.timeouts, options_.ways, options_.adoption,
      options_.boot_id, options_.piece};

  // Start slots.
  std::set<std::string> starting_;
  std::set<std::pair<int, std::string>> slot_waiters_;  // priority, name

  std::set<std::pair<MonoTime, std::string>> deadlines_;
  MonoTime next_sweep_{0};
  bool boot_unrecorded_ = false;
  CommitId boot_commit_ = 0;  // in flight; 0: none
  MonoTime next_boot_try_{0};
  bool looking_around_ = false;
  MonoTime look_began_{0};
  WallTime looked_at_;
  std::set<std::string> dirty_;

  std::vector<Action> actions_;
  std::vector<JailEvent>
      unsaved_events_;                  // facts; those that a commit failed with keep their old number to be ordered by
  std::optional<MonoTime> events_due_;  // when they get a commit of their own
  std::unordered_map<CommitId, EventsUnderWay> events_under_way_;
  std::deque<Untold> to_tell_;  // in the order of their numbers
  std::deque<Prepared> prepared_;
  std::deque<Installing> installing_;
  std::deque<PendingAnswer> answers_;  // to requests that are in force
  bool goes_on_ = false;               // a GoOn is on its way: what is asked for waits
  std::unordered_map<OpId, std::string> op_owners_;
  std::unordered_map<CommitId, std::string> commit_owners_;
  std::unordered_map<CommitId, PendingChange> changes_;
  std::unordered_map<CommitId, Ticket> records_;  // RecordRequested, not yet durable
  std::map<std::string, bool> staged_;            // written, not yet durable; whether the jail goes
  std::vector<HeldCommit> held_;  // of staged jails, in order; a jail waits for its own, so they are few
  std::map<Ticket, std::unique_ptr<Planner>> plans_;  // that are made in pieces
  Ticket large_ = 0;  // of plans_, the one that is to be stored: nothing else is planned beside it. 0: none
  std::deque<std::pair<Ticket, ChangeRequest>> waiting_;
  std::size_t waiting_sets_ = 0;  // of waiting_: what comes later waits behind it, so that its turn comes
  std::unordered_set<std::string> waiting_names_;           // of the jails that they change
  std::deque<std::pair<Ticket, ChangeRequest>> adoptions_;  // wait for a look at the kernel
  OpId last_op_ = 0;
  CommitId last_commit_ = 0;
  std::uint64_t last_event_ = 0;   // durable
  std::uint64_t last_number_ = 0;  // given to an event, which may be on its way to the disk
  std::uint64_t last_run_ = 0;
  std::uint64_t last_revision_ = 0;
  std::map<std::string, std::uint64_t> event_counts_;
};

}  // namespace jaild::core
