#include "daemon/core/lifecycle.h"

#include <algorithm>

#include "daemon/core/deliberate_fault.h"

namespace jaild::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A thing that is missing or busy is looked for again after 1 s, 2 s, 4 s ... 30 s: soon enough for a mount that comes
// up during boot, rare enough that a thousand blocked jails cost nothing.
constexpr milliseconds hold_back_min{1000};
constexpr milliseconds hold_back_max{30'000};

const char* restart_reason(StopWhy why) {
  switch (why) {
    case StopWhy::wish:
    case StopWhy::booted:
    case StopWhy::leftovers: return "user";
    case StopWhy::failed_start: return "start";
    case StopWhy::ended: return "exit";
    case StopWhy::gone: return "gone";
    case StopWhy::monitor_lost: return "monitor";
    case StopWhy::unhealthy: return "health";
    case StopWhy::interrupted: return "interrupted";
  }
  std::unreachable();
}

}  // namespace

Lifecycle::Lifecycle(Context& context, JailRecord record)
    : context_(context), revision_(context.next_revision()), record_(std::move(record)) {
  // A restart of jaild neither forgets a delay nor resets it; what is left of it is told by the wall clock, and a clock
  // that jumped cannot make it longer than it was, jitter included.
  if (record_.restart.next_try_at) {
    const auto left = std::chrono::duration_cast<milliseconds>(*record_.restart.next_try_at - context_.now().wall);
    const auto delay = std::clamp<milliseconds>(left, milliseconds{0}, record_.restart.last_delay * 11 / 10);
    next_try_ = context_.now().mono + delay;
    next_try_wall_ = context_.now().wall + delay;
    context_.wake_at(*this, *next_try_);
  }
}

bool Lifecycle::wants_up() const {
  return record_.desired == Desired::running && !record_.deleting && !record_.finished && !record_.restart.gave_up &&
         !restart_asked_ && (!going_down_ || breaks(DeliberateFault::shutdown_forgotten));
}

bool Lifecycle::up_without_command() const {
  return run_->spec.flag("persist");
}

// What others started has no command of ours whose exit could be missed: a new monitor takes it over while it runs.
bool Lifecycle::started_by_others() const {
  return !run_->started_at && !run_->spec.command;
}

bool Lifecycle::monitor_wanted() const {
  return !monitor_alive_ && started_by_others() && context_.now().mono >= next_monitor_;
}

bool Lifecycle::is_current(const JailKey& key) const {
  return run_ && run_->key.name == key.name && run_->key.run == key.run;
}

void Lifecycle::set_activity(Activity activity) {
  step_began_ = context_.now();
  if (at_rest(activity_)) transition_began_ = step_began_.mono;
  activity_ = activity;
  if (at_rest(activity)) {  // steps hold the spec more than once: a thousand jails at rest would keep 5 MB of them
    steps_ = std::vector<Step>();
    next_step_ = 0;
  }
  context_.changed(*this);
}

void Lifecycle::perform(decltype(Op::what) what) {
  step_began_ = context_.now();
  op_ = context_.perform(*this, std::move(what));
}

void Lifecycle::hold_back(std::string reason, milliseconds delay) {
  blocked_ = std::move(reason);
  next_try_ = context_.now().mono + delay;
  next_try_wall_ = context_.now().wall + delay;
  context_.wake_at(*this, *next_try_);
  set_activity(Activity::idle);
}

// ---- the wish
// ---------------------------------------------------------------------------------------------------------

void Lifecycle::touch() {
  if (!breaks(DeliberateFault::shown_stale)) revision_ = context_.next_revision();
}

void Lifecycle::evaluate() {
  touch();
  switch (activity_) {
    case Activity::idle: evaluate_idle(); return;
    case Activity::running: evaluate_running(); return;
    case Activity::resolving:
    case Activity::recording:
    case Activity::starting:
      if (!wants_up()) interrupt_start();
      return;
    case Activity::stopping:  // always ends, and then looks at the wish
      if (cancel_at_ && context_.now().mono >= *cancel_at_) {
        cancel_at_.reset();
        context_.perform(*this, Cancel{run_->key});
      }
      return;
    case Activity::updating:    // its completion looks at the wish
    case Activity::forgetting:  // likewise
      if (activity_ == Activity::forgetting && commit_is_due()) forget_run();
      return;
  }
}

void Lifecycle::evaluate_idle() {
  if (run_) {  // leftovers of an earlier stop come first
    if (!next_release_ || context_.now().mono >= next_release_->mono) begin_stop(StopWhy::leftovers, stop_reason_);
    return;
  }
  restart_asked_ = false;
  if (record_.deleting) {
    forget_run();
    return;
  }
  if (!wants_up()) {
    blocked_.clear();
    next_try_.reset();
    next_try_wall_.reset();
    return;
  }
  if (next_try_ && context_.now().mono < *next_try_) return;
  if (auto hindrance = context_.start_hindrance(*this)) {
    blocked_ = *hindrance;
    next_try_.reset();
    next_try_wall_.reset();
    return;
  }
  begin_start();
}

void Lifecycle::evaluate_running() {
  if (!wants_up()) {
    if (auto hindrance = context_.stop_hindrance(*this)) {
      blocked_ = *hindrance;
      return;
    }
    begin_stop(StopWhy::wish, why_down());
    return;
  }
  blocked_.clear();
  if (unconfirmed_ && commit_is_due()) confirm_running();
  if (record_.generation != run_->generation && considered_ != record_.generation) {
    begin_update();
  } else if (monitor_wanted()) {
    open_monitor();
  }
}

void Lifecycle::replace_record(JailRecord record, bool restart) {
  touch();
  const bool anew = record.generation != record_.generation || record.desired != record_.desired || record_.finished ||
                    record_.restart.gave_up;
  take_wish(record_, record);
  if (restart && activity_ != Activity::idle) restart_asked_ = true;
  if (anew && activity_ == Activity::idle) next_release_.reset();
  if (anew && activity_ == Activity::idle && !run_) {  // a new wish is tried at once
    next_try_.reset();
    next_try_wall_.reset();
    blocked_.clear();
    blocked_delay_ = milliseconds{0};
  }
  context_.changed(*this);
}

bool Lifecycle::waits() const {
  if (!wants_up()) return false;
  switch (activity_) {
    case Activity::idle: return run_ ? next_release_.has_value() : next_try_.has_value();
    case Activity::stopping:
    case Activity::forgetting: return true;
    case Activity::resolving:
    case Activity::recording:
    case Activity::starting:
    case Activity::running:
    case Activity::updating: return false;
  }
  std::unreachable();
}

void Lifecycle::try_now() {
  touch();
  if (!waits() || breaks(DeliberateFault::start_waits)) return;
  record_.restart.next_try_at.reset();
  if (activity_ != Activity::idle) {
    restart_asked_ = true;  // what ends by itself is started again as if its end had been asked for
    return;
  }
  next_try_.reset();
  next_try_wall_.reset();
  next_release_.reset();
}

std::string Lifecycle::why_down() const {
  if (record_.deleting) return "is being deleted";
  if (going_down_) return "the host shuts down";
  return restart_asked_ ? "restart was asked for" : "stop was asked for";
}

void Lifecycle::host_goes_down() {
  touch();
  going_down_ = true;
  if (activity_ == Activity::stopping) bound_commands();
}

void Lifecycle::host_stays_up() {
  touch();
  going_down_ = false;
  cancel_at_.reset();
}

void Lifecycle::set_dying(std::optional<WallTime> since) {
  if (dying_since_ != since) touch();
  dying_since_ = since;
}

bool Lifecycle::commit_is_due() const {
  return commit_ == 0 && next_commit_ && context_.now().mono >= *next_commit_;
}

// A command without a timeout may take for ever, but not while the host shuts down.
void Lifecycle::bound_commands() {
  const auto bound = context_.timeouts().stop > seconds{0} ? context_.timeouts().stop : Timeouts{}.stop;
  for (std::size_t i = next_step_; i < steps_.size(); ++i) {
    auto* run = std::get_if<Run>(&steps_[i].what);
    if (run == nullptr || run->command.timeout > milliseconds{0}) continue;
    run->command.timeout = bound;
    if (i > next_step_ || op_ == 0) continue;
    cancel_at_ = context_.now().mono + bound;  // under way already
    context_.wake_at(*this, *cancel_at_);
  }
}

// ---- start
// ------------------------------------------------------------------------------------------------------------

void Lifecycle::begin_start() {
  next_try_.reset();
  next_try_wall_.reset();
  interrupted_ = false;
  set_activity(Activity::resolving);
  perform(Resolve{record_.name, record_.spec});
}

void Lifecycle::interrupt_start() {
  if (interrupted_) return;
  interrupted_ = true;
  // A hook may run for minutes; the start need not wait for its end.
  if (activity_ == Activity::starting && run_) context_.perform(*this, Cancel{run_->key});
}

void Lifecycle::on_resolved(Result<Reply> result) {
  if (interrupted_ || !wants_up()) {
    set_activity(Activity::idle);
    evaluate();
    return;
  }
  const auto* resolved = result ? std::get_if<Resolved>(&*result) : nullptr;
  std::string missing = !result ? result.error().message : std::string();
  if (resolved != nullptr) {
    for (const auto& each : resolved->missing) missing += (missing.empty() ? "" : "; ") + each;
  }
  if (!missing.empty() || resolved == nullptr) {
    blocked_delay_ = std::clamp<milliseconds>(2 * blocked_delay_, hold_back_min, hold_back_max);
    hold_back(std::move(missing), blocked_delay_);
    return;
  }
  record_intent(*resolved);
}

void Lifecycle::record_intent(Resolved resolved) {
  RunRecord run;
  run.key = {record_.name, context_.next_run(), 0};
  run.generation = record_.generation;
  run.spec = record_.spec;
  run.phase = RunPhase::starting;
  run.boot_id = context_.boot_id();
  run.before_create = std::move(resolved.before_create);
  run.after_create = std::move(resolved.after_create);
  run_ = std::move(run);
  log_ = {};
  set_activity(Activity::recording);
  auto recorded = *run_;
  if (breaks(DeliberateFault::ledger_without_entries)) recorded.before_create.clear();
  commit_ = context_.commit(*this, {PutRun{std::move(recorded)}});
  if (breaks(DeliberateFault::start_before_record)) on_recorded({});
}

void Lifecycle::on_recorded(const Result<void>& result) {
  if (!result) {
    run_.reset();
    hold_back("the start cannot be recorded: " + result.error().message, hold_back_min * 5);
    return;
  }
  blocked_.clear();
  blocked_delay_ = milliseconds{0};
  reached_ = Reached::nothing;
  monitor_alive_ = false;
  empty_ = false;
  main_exit_.reset();
  reports_.clear();
  leftovers_.clear();
  jail_left_ = false;
  pending_.clear();
  pending_why_.clear();
  drift_.clear();
  drift_why_.clear();
  considered_ = 0;
  healthy_ = false;
  unready_why_.clear();
  context_.publish(EventType::jail_starting, record_.name, "starts",
                   {{"generation", std::to_string(run_->generation)}});
  steps_ = start_steps(*run_, context_.timeouts());
  next_step_ = 0;
  set_activity(Activity::starting);
  next_start_step();
}

void Lifecycle::next_start_step() {
  if (interrupted_ || !wants_up()) {
    begin_stop(StopWhy::wish, "the start was called off");
    return;
  }
  if (next_step_ == steps_.size()) {
    enter_running();
    return;
  }
  auto& step = steps_[next_step_];
  reached_ = std::max(reached_, step.reached);
  std::visit(
      [&](auto& what) {
        if constexpr (requires { what.key; }) what.key = run_->key;
      },
      step.what);
  if (const auto* run = std::get_if<Run>(&step.what); run != nullptr && run->command.in_jail) empty_ = false;
  if (std::holds_alternative<StartMain>(step.what)) empty_ = false;
  take_step();
}

void Lifecycle::on_start_step(Result<Reply> result) {
  const auto& step = steps_[next_step_];
  const std::string problem = step_problem(step, result);
  report(step, problem);
  if (result) accept_reply(*result, step);
  if (!problem.empty()) {
    record_.failure = step.name + (step.subject.empty() ? "" : " (" + step.subject + ")") + ": " + problem;
    begin_stop(interrupted_ ? StopWhy::wish : StopWhy::failed_start, record_.failure);
    if (breaks(DeliberateFault::failed_start_stays)) next_step_ = steps_.size() - 1;
    return;
  }
  ++next_step_;
  next_start_step();
}

void Lifecycle::accept_reply(const Reply& reply, const Step& step) {
  if (std::holds_alternative<OpenMonitor>(step.what)) monitor_alive_ = true;
  if (const auto* created = std::get_if<Created>(&reply)) run_->key.jid = created->jid;
  if (const auto* others = std::get_if<OtherRules>(&reply)) run_->hook_rules = others->rules;
  const auto* entry = std::get_if<LedgerEntry>(&reply);
  if (entry == nullptr) return;
  for (auto* list : {&run_->before_create, &run_->after_create}) {
    for (auto& each : *list) {
      if (each.kind == entry->kind && each.id == entry->id) each = *entry;
    }
  }
}

void Lifecycle::enter_running() {
  run_->phase = RunPhase::running;
  run_->started_at = context_.now().wall;
  running_since_ = context_.now().mono;
  considered_ = run_->generation;
  record_.failure.clear();
  record_.restart.next_try_at.reset();
  set_activity(Activity::running);
  context_.publish(EventType::jail_started, record_.name, "runs as jail " + std::to_string(run_->key.jid),
                   {{"jid", std::to_string(run_->key.jid)}, {"generation", std::to_string(run_->generation)}});
  settled_at_ = running_since_;
  confirm_running();
  look_at_run();
}

// What happened during a transition is acted on after it.
void Lifecycle::look_at_run() {
  if (!end_lost_run()) evaluate();
}

bool Lifecycle::end_lost_run() {
  if (!monitor_alive_ && !started_by_others()) {
    begin_stop(StopWhy::monitor_lost, "jaild-monitor died");
  } else if (main_exit_ || (empty_ && !run_->spec.command && !up_without_command())) {
    ended_by_itself();
  } else {
    return false;
  }
  return true;
}

// The store learns of it; until it does, a crash of jaild would take this for an interrupted start.
void Lifecycle::confirm_running() {
  unconfirmed_ = true;
  commit_ = context_.commit(*this, {PutRun{*run_}, PutJail{record_}});
}

// ---- stop
// -------------------------------------------------------------------------------------------------------------

void Lifecycle::begin_stop(StopWhy why, std::string reason) {
  stop_why_ = why;
  stop_reason_ = std::move(reason);
  if (why != StopWhy::leftovers) {  // the delay of the next start runs on meanwhile
    next_try_.reset();
    next_try_wall_.reset();
  }
  next_release_.reset();
  blocked_.clear();
  const bool after_start = activity_ == Activity::running || activity_ == Activity::updating;
  // Leftovers are tried again for as long as it takes; only the last try is told.
  if (why == StopWhy::leftovers || (why != StopWhy::failed_start && after_start)) reports_.clear();
  StopPlan plan;
  plan.reached = after_start ? Reached::created : reached_;
  const bool perhaps_gone = why == StopWhy::leftovers || why == StopWhy::interrupted;
  plan.jail_exists = run_->key.jid != 0 && why != StopWhy::gone && (!perhaps_gone || jail_left_);
  plan.stop_hooks = after_start && plan.jail_exists;
  plan.open_monitor = !monitor_alive_;
  plan.host_booted = run_->boot_id != context_.boot_id();
  reached_ = plan.reached;
  steps_ = stop_steps(*run_, plan, context_.timeouts());
  next_step_ = 0;
  leftovers_.clear();
  jail_left_ = false;
  monitor_replaced_ = false;
  removal_failed_ = false;
  cancel_at_.reset();
  if (going_down_) bound_commands();
  if (breaks(DeliberateFault::forgotten_before_stop)) context_.commit(*this, {EraseRun{record_.name}});
  if (why != StopWhy::leftovers) context_.publish(EventType::jail_stopping, record_.name, stop_reason_);
  set_activity(Activity::stopping);
  next_stop_step();
}

void Lifecycle::next_stop_step() {
  if (next_step_ == steps_.size()) {
    finish_stop();
    return;
  }
  auto& step = steps_[next_step_];
  std::visit(
      [&](auto& what) {
        if constexpr (requires { what.key; }) what.key = run_->key;
      },
      step.what);
  // Only what a jail is surely gone from may be cut off from those who have it open.
  if (auto* release = std::get_if<Release>(&step.what)) release->force = release->force && !removal_failed_;
  take_step();
}

// A stop always ends: what failed is recorded and the next step is taken.
void Lifecycle::on_stop_step(const Result<Reply>& result) {
  const auto& step = steps_[next_step_];
  const std::string problem = step_problem(step, result);
  cancel_at_.reset();
  report(step, problem);
  if (replace_monitor(step, result)) {
    next_stop_step();
    return;
  }
  if (!problem.empty()) {
    if (const auto* release = std::get_if<Release>(&step.what)) leftovers_.push_back(release->entry);
    if (std::holds_alternative<Remove>(step.what)) removal_failed_ = true;
    if (std::holds_alternative<Remove>(step.what) && result.error().kind != Kind::timeout) jail_left_ = true;
    if (std::holds_alternative<SetRules>(step.what)) jail_left_ = jail_left_ || result.error().kind != Kind::timeout;
  } else if (std::holds_alternative<OpenMonitor>(step.what)) {
    monitor_alive_ = true;
  } else if (std::holds_alternative<CloseMonitor>(step.what)) {
    monitor_alive_ = false;
  }
  ++next_step_;
  next_stop_step();
}

// A monitor that died during the stop, or was ended since it did not answer, is followed by a new one, once: the step
// that failed with it is taken again, and the hooks that are left are run.
bool Lifecycle::replace_monitor(const Step& step, const Result<Reply>& result) {
  if (result || result.error().kind != Kind::unavailable || monitor_replaced_) return false;
  if (std::holds_alternative<OpenMonitor>(step.what) || std::holds_alternative<CloseMonitor>(step.what)) return false;
  monitor_replaced_ = true;
  monitor_alive_ = false;
  const auto here = steps_.begin() + static_cast<std::ptrdiff_t>(next_step_);
  steps_.insert(here, {"monitor", "", Reached::nothing, OpenMonitor{run_->key}});
  return true;
}

void Lifecycle::finish_stop() {
  conclude_run();
  if (leftovers_.empty() && !jail_left_) {
    forget_run();
    return;
  }
  // Kept in the ledger, tried again; no new start before it is gone.
  const auto keep = [&](std::vector<LedgerEntry>& list) {
    std::erase_if(list, [&](const LedgerEntry& each) {
      return std::none_of(leftovers_.begin(), leftovers_.end(),
                          [&](const LedgerEntry& left) { return left.kind == each.kind && left.id == each.id; });
    });
  };
  keep(run_->before_create);
  keep(run_->after_create);
  run_->phase = RunPhase::stopping;
  std::string what;
  for (const auto& each : reports_) {
    if (!each.ok) what = each.step + (each.command.empty() ? "" : " (" + each.command + ")") + ": " + each.error;
  }
  blocked_delay_ = std::clamp<milliseconds>(2 * blocked_delay_, hold_back_min, hold_back_max);
  commit_ = 0;
  context_.commit(*this, {PutRun{*run_}, PutJail{record_}});
  blocked_ = "not all of the last run could be removed: " + what;
  next_release_ = Now{context_.now().mono + blocked_delay_, context_.now().wall + blocked_delay_};
  context_.wake_at(*this, next_release_->mono);
  set_activity(Activity::idle);
}

// What the end of this run means for the wish. Runs once a stop, before it is committed.
void Lifecycle::conclude_run() {
  if (main_exit_ && stop_why_ != StopWhy::ended) remember_exit(*main_exit_);
  main_exit_.reset();
  const bool by_itself = stop_why_ != StopWhy::wish && stop_why_ != StopWhy::leftovers && stop_why_ != StopWhy::booted;
  if (!by_itself || !wants_up()) {
    if (stop_why_ == StopWhy::wish) {
      if (!going_down_) record_.restart.last_delay = milliseconds{0};  // it may stay up
      record_.failure.clear();
    }
    return;
  }
  Ending ending = Ending::failure;
  if (stop_why_ == StopWhy::interrupted) ending = Ending::interrupted;
  if (stop_why_ == StopWhy::ended && record_.last_exit && record_.last_exit->code == 0) ending = Ending::success;
  const auto ran = stop_why_ == StopWhy::failed_start || !run_->started_at
                       ? seconds{0}
                       : std::chrono::duration_cast<seconds>(context_.now().mono - running_since_);
  const auto verdict =
      decide_restart(record_.spec.restart, record_.restart, ending, ran, context_.now().wall, context_.jitter());
  record_.failure = ending == Ending::success ? "" : stop_reason_;
  switch (verdict.what) {
    case Verdict::What::restart:
      ++record_.restarts;
      ++counters_.restarts[restart_reason(stop_why_)];
      next_try_ = context_.now().mono + verdict.delay;
      next_try_wall_ = context_.now().wall + verdict.delay;
      context_.wake_at(*this, *next_try_);
      break;
    case Verdict::What::finished: record_.finished = true; break;
    case Verdict::What::gave_up:
      record_.failure += "; " + verdict.reason;
      context_.publish(EventType::jail_gave_up, record_.name, verdict.reason);
      break;
  }
}

void Lifecycle::remember_exit(LastExit exit) {
  const char* result = exit.signal != 0 ? "signal" : !exit.code ? "unknown" : *exit.code == 0 ? "success" : "error";
  ++counters_.exits[result];
  record_.last_exit = std::move(exit);
}

void Lifecycle::forget_run() {
  std::vector<Mutation> mutations;
  const bool again = activity_ == Activity::forgetting;  // the store refused, and the event was told
  if (record_.deleting) {
    mutations.emplace_back(EraseJail{record_.name});
    if (!again) context_.publish(EventType::jail_deleted, record_.name, "is deleted");
  } else {
    if (run_) mutations.emplace_back(EraseRun{record_.name});
    mutations.emplace_back(PutJail{record_});
    if (!again) context_.publish(EventType::jail_stopped, record_.name, stop_reason_, {{"why", record_.failure}});
  }
  set_activity(Activity::forgetting);
  commit_ = context_.commit(*this, std::move(mutations));
}

void Lifecycle::on_forgotten(const Result<void>& result) {
  if (!result) {  // the things are gone, only the ledger says otherwise; it is told again until it listens
    blocked_ = "the stop cannot be recorded: " + result.error().message;
    next_commit_ = context_.now().mono + hold_back_min;
    context_.wake_at(*this, *next_commit_);
    return;
  }
  run_.reset();
  log_.error.clear();  // nobody writes any more
  blocked_.clear();
  blocked_delay_ = milliseconds{0};
  pending_.clear();
  drift_.clear();
  drift_why_.clear();
  if (restart_asked_) next_try_.reset();
  set_activity(Activity::idle);
  if (!record_.deleting) evaluate();
}

// ---- what happens by itself
// -------------------------------------------------------------------------------------------

void Lifecycle::ended_by_itself() {
  if (!main_exit_) {
    main_exit_ = LastExit{context_.now().wall, std::nullopt, 0, "no process is left in the jail"};
  }
  const std::string reason = main_exit_->reason;
  context_.publish(EventType::jail_exited, record_.name, reason,
                   {{"code", main_exit_->code ? std::to_string(*main_exit_->code) : ""},
                    {"signal", std::to_string(main_exit_->signal)}});
  remember_exit(*main_exit_);
  begin_stop(StopWhy::ended, reason);
}

void Lifecycle::on_main_exited(const MainExited& event) {
  touch();
  if (!is_current(event.key) || breaks(DeliberateFault::exit_lost)) return;
  switch (activity_) {
    case Activity::starting:
      main_exit_ = event.exit;  // acted on when the start is through
      if (breaks(DeliberateFault::exit_cuts_start)) ended_by_itself();
      return;
    case Activity::running:
      main_exit_ = event.exit;
      ended_by_itself();
      return;
    case Activity::updating: main_exit_ = event.exit; return;  // acted on when the update is through
    case Activity::stopping: main_exit_ = event.exit; return;  // by our doing; remembered
    case Activity::idle:
    case Activity::resolving:
    case Activity::recording:
    case Activity::forgetting: return;  // no main command can exist then
  }
}

void Lifecycle::on_empty(const JailKey& key) {
  touch();
  if (!is_current(key)) return;
  switch (activity_) {
    case Activity::starting:
    case Activity::updating: empty_ = true; return;  // acted on when the transition is through
    case Activity::running:
      empty_ = true;
      // With a command its exit is what counts, and it is on its way.
      if (!run_->spec.command && !up_without_command()) ended_by_itself();
      return;
    case Activity::stopping:
    case Activity::idle:
    case Activity::resolving:
    case Activity::recording:
    case Activity::forgetting: return;
  }
}

void Lifecycle::on_gone(int jid) {
  touch();
  if (!run_ || run_->key.jid != jid || breaks(DeliberateFault::gone_ignored)) return;
  switch (activity_) {
    case Activity::running: begin_stop(StopWhy::gone, "was removed behind jaild's back"); return;
    case Activity::starting:  // the next step fails and names itself
    case Activity::updating:  // likewise, and the sweep sees it
    case Activity::stopping:  // by our doing
    case Activity::idle:
    case Activity::resolving:
    case Activity::recording:
    case Activity::forgetting: return;
  }
}

void Lifecycle::on_monitor_lost(const JailKey& key) {
  touch();
  if (!is_current(key)) return;
  monitor_alive_ = false;
  switch (activity_) {
    case Activity::running: look_at_run(); return;
    case Activity::updating:  // acted on when the update is through
    case Activity::starting:  // the host fails the step that needs it
    case Activity::stopping:  // likewise, and the stop goes on
    case Activity::idle:
    case Activity::resolving:
    case Activity::recording:
    case Activity::forgetting: return;
  }
}

// In whatever activity: it changes nothing but what is shown.
void Lifecycle::on_log_told(const JailKey& key, const LogTrouble& trouble) {
  if (is_current(key)) take_log(trouble);
}

void Lifecycle::take_log(const LogTrouble& trouble) {
  if (trouble == log_) return;
  touch();
  const bool same_monitor = trouble.lines_lost >= log_.lines_lost;  // another one counts from 0
  counters_.log_lines_lost += trouble.lines_lost - (same_monitor ? log_.lines_lost : 0);
  log_ = trouble;
}

void Lifecycle::on_readiness(const JailKey& key, bool ready, bool restart, const std::string& reason) {
  touch();
  if (!is_current(key) || activity_ != Activity::running) return;
  unready_why_ = ready ? "" : reason;
  if (healthy_ != ready) {
    healthy_ = ready;
    context_.publish(ready ? EventType::jail_ready : EventType::jail_unready, record_.name, reason);
    context_.changed(*this);
  }
  if (restart) begin_stop(StopWhy::unhealthy, reason);
}

// ---- completions
// ------------------------------------------------------------------------------------------------------

void Lifecycle::on_done(OpId id, Result<Reply> result) {
  touch();
  if (id != op_) return;  // a Cancel, or planned for what is no more
  op_ = 0;
  switch (activity_) {
    case Activity::resolving: on_resolved(std::move(result)); return;
    case Activity::starting: on_start_step(std::move(result)); return;
    case Activity::stopping: on_stop_step(result); return;
    case Activity::updating: on_updated(result); return;
    case Activity::idle:
    case Activity::recording:
    case Activity::running:
    case Activity::forgetting: return;  // no operation is in flight then
  }
}

void Lifecycle::on_committed(CommitId id, const Result<void>& result) {
  touch();
  if (id != commit_) return;
  commit_ = 0;
  switch (activity_) {
    case Activity::recording: on_recorded(result); return;
    case Activity::forgetting: on_forgotten(result); return;
    case Activity::running:
    case Activity::updating:
      unconfirmed_ = !result.has_value();
      if (unconfirmed_) {
        next_commit_ = context_.now().mono + hold_back_min * 5;
        context_.wake_at(*this, *next_commit_);
      }
      return;
    case Activity::idle:
    case Activity::resolving:
    case Activity::starting:
    case Activity::stopping: return;  // the end of the stop writes all of it again
  }
}

}  // namespace jaild::core
