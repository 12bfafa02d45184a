// What a jail shows of itself.
#include <algorithm>

#include "daemon/core/lifecycle.h"

namespace jaild::core {
namespace {

std::string ending_in_words(const CommandResult& result) {
  if (result.timed_out) return "did not end in time and was ended with its children";
  if (result.signal != 0) return "was ended by signal " + std::to_string(result.signal);
  return "exited with " + std::to_string(result.code.value_or(-1));
}

}  // namespace

std::string_view to_string(Activity activity) {
  switch (activity) {
    case Activity::idle: return "idle";
    case Activity::resolving: return "resolving";
    case Activity::recording: return "recording";
    case Activity::starting: return "starting";
    case Activity::running: return "running";
    case Activity::updating: return "updating";
    case Activity::stopping: return "stopping";
    case Activity::forgetting: return "forgetting";
  }
  std::unreachable();
}

std::optional<TaskInfo> Lifecycle::task(MonoTime now) const {
  if (at_rest(activity_)) return std::nullopt;
  TaskInfo task;
  task.jail = record_.name;
  task.activity = to_string(activity_);
  const bool steps =
      activity_ == Activity::starting || activity_ == Activity::stopping || activity_ == Activity::updating;
  if (steps && next_step_ < steps_.size()) {
    task.step = steps_[next_step_].name;
    task.command = steps_[next_step_].subject;
  }
  if (op_ != 0) {
    task.waits_for = "host";
  } else if (commit_ != 0) {
    task.waits_for = "store";
  }
  task.seconds = std::chrono::duration<double>(now - transition_began_).count();
  task.step_seconds = std::chrono::duration<double>(now - step_began_.mono).count();
  return task;
}

std::string Lifecycle::step_problem(const Step& step, const Result<Reply>& result) const {
  if (!result) return result.error().message;
  const auto* others = std::get_if<OtherRules>(&*result);
  if (others != nullptr && others->rules.size() > hook_rules_max) {
    return "hooks set " + std::to_string(others->rules.size()) + " rules, and " + std::to_string(hook_rules_max) +
           " are the most";
  }
  const auto* command = std::get_if<CommandResult>(&*result);
  if (command == nullptr || !std::holds_alternative<Run>(step.what) || command->ok()) return {};
  return ending_in_words(*command);
}

void Lifecycle::take_step() {
  perform(steps_[next_step_].what);
  context_.show_step(record_.name, *step_under_way());
}

std::optional<StepReport> Lifecycle::step_under_way() const {
  const bool reported = activity_ == Activity::starting || activity_ == Activity::stopping;
  if (!reported || op_ == 0 || next_step_ >= steps_.size()) return std::nullopt;
  StepReport report;
  report.step = steps_[next_step_].name;
  report.command = steps_[next_step_].subject;
  report.running_since = step_began_.wall;
  return report;
}

void Lifecycle::report(const Step& step, const std::string& error) {
  StepReport report;
  report.step = step.name;
  report.command = step.subject;
  report.ok = error.empty();
  report.error = error;
  report.seconds = std::chrono::duration<double>(context_.now().mono - step_began_.mono).count();
  context_.show_step(record_.name, report);
  reports_.push_back(std::move(report));
}

bool Lifecycle::ready() const {
  const bool up = activity_ == Activity::running || activity_ == Activity::updating;
  return up && wants_up() && (!run_->spec.health || healthy_);
}

bool Lifecycle::failed() const {
  return state() == JailState::failed;
}

bool Lifecycle::settled() const {
  switch (activity_) {
    case Activity::idle: return !run_ && !record_.deleting && (!wants_up() && !restart_asked_);
    case Activity::running:
      return wants_up() && !unconfirmed_ && ready() &&
             (run_->generation == record_.generation || considered_ == record_.generation);
    case Activity::resolving:
    case Activity::recording:
    case Activity::starting:
    case Activity::updating:
    case Activity::stopping:
    case Activity::forgetting: return false;
  }
  std::unreachable();
}

JailState Lifecycle::state() const {
  switch (activity_) {
    case Activity::starting:
    case Activity::recording: return JailState::starting;
    case Activity::running:
    case Activity::updating: return JailState::running;
    case Activity::stopping:
    case Activity::forgetting: return run_ || record_.deleting ? JailState::stopping : JailState::stopped;
    case Activity::resolving:
    case Activity::idle: break;
  }
  if (record_.desired == Desired::running && !record_.deleting && !going_down_) {
    if (record_.restart.gave_up) return JailState::failed;
    if (record_.finished) return record_.failure.empty() ? JailState::stopped : JailState::failed;
    if (record_.failure.empty() || !blocked_.empty()) return JailState::blocked;
    return JailState::backoff;
  }
  return JailState::stopped;
}

std::string Lifecycle::reason_in_words(JailState state) const {
  switch (state) {
    case JailState::stopped:
      if (run_) return blocked_;
      return going_down_ && record_.desired == Desired::running ? "the host shuts down" : "";
    case JailState::blocked: return blocked_.empty() ? "is about to start" : blocked_;
    case JailState::starting: return next_step_ < steps_.size() ? "at " + steps_[next_step_].name : std::string();
    case JailState::running: {
      if (!blocked_.empty()) return blocked_;
      if (!monitor_why_.empty()) return monitor_why_;
      if (!pending_why_.empty()) return pending_why_.begin()->first + ": " + pending_why_.begin()->second;
      if (!drift_why_.empty()) return drift_why_.begin()->first + ": " + drift_why_.begin()->second;
      if (run_->spec.health && !healthy_) return unready_why_.empty() ? "waits for its health check" : unready_why_;
      return {};
    }
    case JailState::stopping: {
      const std::string at = next_step_ < steps_.size() ? ", at " + steps_[next_step_].name : "";
      return stop_reason_ + at + (blocked_.empty() ? "" : "; " + blocked_);
    }
    case JailState::backoff:
    case JailState::failed: return record_.failure;
    case JailState::foreign: return {};
  }
  std::unreachable();
}

JailObject Lifecycle::object() const {
  JailObject object;
  object.name = record_.name;
  object.generation = record_.generation;
  object.desired = record_.desired;
  object.spec = record_.spec;
  auto& status = object.status;
  status.state = state();
  status.reason = reason_in_words(status.state);
  status.ready = ready();
  if (run_ && run_->key.jid != 0) status.jid = run_->key.jid;
  if (run_) {
    status.observed_generation = run_->generation;
    status.hook_rules = run_->hook_rules;
    status.started_at = run_->phase == RunPhase::running ? run_->started_at : std::nullopt;
  }
  status.log_lines_lost = log_.lines_lost;
  status.log_error = log_.error;
  status.restarts = record_.restarts;
  status.last_exit = record_.last_exit;
  if (activity_ == Activity::idle) status.next_try_at = next_try_wall_;
  if (activity_ == Activity::idle && next_release_) status.next_try_at = next_release_->wall;
  status.dying_since = dying_since_;
  status.pending = pending_;
  for (const auto& [field, why] : drift_why_) {
    if (std::find(pending_.begin(), pending_.end(), field) == pending_.end()) status.pending.push_back(field);
  }
  status.drift = drift_;
  status.steps = reports_;
  if (auto step = step_under_way()) status.steps.push_back(*std::move(step));
  return object;
}

}  // namespace jaild::core
