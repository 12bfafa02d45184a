// What is done to a jail while it runs: a change of its spec taken over live, and what somebody changed by hand put
// right.
#include <algorithm>

#include "daemon/core/deliberate_fault.h"
#include "daemon/core/drift.h"
#include "daemon/core/lifecycle.h"
#include "daemon/core/spec_diff.h"

namespace jaild::core {
namespace {

// A repair that the kernel refused is tried again with the next sweep, not with every look in between.
constexpr std::chrono::seconds repair_retry{60};
// Without a monitor a jail runs on; only its hooks and its health wait for one.
constexpr std::chrono::seconds monitor_retry{5};

std::string join(const std::vector<std::string>& parts) {
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

}  // namespace

// ---- a new spec
// -------------------------------------------------------------------------------------------------------

void Lifecycle::begin_update() {
  considered_ = record_.generation;
  const auto diff = diff_specs(run_->spec, record_.spec, context_.host_ways().changes_live);
  take_at_once(run_->spec, record_.spec);
  pending_ = diff.restart;
  pending_why_.clear();
  steps_ = update_steps(*run_, diff, record_.spec);
  next_step_ = 0;
  repairing_ = false;
  set_activity(Activity::updating);
  next_update();
}

void Lifecycle::next_update() {
  if (next_step_ < steps_.size()) {
    perform(steps_[next_step_].what);
    return;
  }
  set_activity(Activity::running);
  settled_at_ = context_.now().mono;
  if (repairing_) {
    end_repair();
  } else {
    if (pending_.empty()) run_->generation = record_.generation;
    confirm_running();
  }
  look_at_run();
}

void Lifecycle::on_updated(const Result<Reply>& result) {
  const auto& step = steps_[next_step_];
  const std::string problem = step_problem(step, result);
  if (std::holds_alternative<OpenMonitor>(step.what)) {
    monitor_alive_ = problem.empty();
    monitor_why_ = problem.empty() ? "" : "its monitor cannot be started: " + problem;
    next_monitor_ = context_.now().mono + monitor_retry;
    if (!monitor_alive_) context_.wake_at(*this, next_monitor_);
  } else if (repairing_) {
    if (problem.empty()) {
      repaired_.push_back(step.name);
    } else {
      drift_why_[step.name] = problem;
    }
  } else if (!problem.empty()) {
    pending_.push_back(step.name);
    pending_why_[step.name] = problem;
  } else if (step.name == "rctl") {
    run_->spec.rctl = record_.spec.rctl;
  } else if (step.name == "cpuset") {
    run_->spec.cpuset = record_.spec.cpuset;
  } else if (const auto now = record_.spec.params.find(step.name); now != record_.spec.params.end()) {
    run_->spec.params[step.name] = now->second;
  } else {
    run_->spec.params.erase(step.name);
  }
  ++next_step_;
  next_update();
}

// ---- what a survey shows
// ----------------------------------------------------------------------------------------------

void Lifecycle::on_observed(const Sighting& seen) {
  if (activity_ != Activity::running || seen.facts.jid != run_->key.jid) return;
  if (seen.facts.dying) {
    on_gone(seen.facts.jid);
    return;
  }
  if (seen.began <= settled_at_) return;  // from before the last transition ended: no news
  // Events that were lost.
  if (seen.monitor == nullptr) {
    on_monitor_lost(run_->key);
  } else if (seen.monitor->main_exit) {
    on_main_exited({run_->key, *seen.monitor->main_exit});
  } else if (seen.facts.empty) {
    on_empty(run_->key);
  }
  if (activity_ == Activity::running) take_drift(find_drift(*run_, seen.facts, seen.mounted));
}

// ---- drift
// ------------------------------------------------------------------------------------------------------------

void Lifecycle::take_drift(std::vector<Drift> found) {
  std::vector<std::string> fields;
  std::string words;
  for (const auto& each : found) {
    fields.push_back(each.field);
    words += (words.empty() ? "" : "; ") + each.field + " is " + each.seen;
  }
  if (fields != drift_ && !fields.empty()) {
    context_.publish(EventType::jail_drifted, record_.name, "differs from its spec: " + words,
                     {{"fields", join(fields)}});
  }
  if (fields != drift_ || !drift_why_.empty()) touch();
  drift_ = std::move(fields);
  std::erase_if(drift_why_,
                [&](const auto& each) { return std::count(drift_.begin(), drift_.end(), each.first) == 0; });
  if (wants_up() && !breaks(DeliberateFault::drift_ignored)) begin_repair(std::move(found));
}

void Lifecycle::begin_repair(std::vector<Drift> found) {
  steps_.clear();
  for (auto& each : found) {
    if (!each.repair) {
      drift_why_[each.field] = each.seen + "; put right by the next start";
    } else if (!drift_why_.contains(each.field) || context_.now().mono >= next_repair_) {
      steps_.push_back({each.field, "", Reached::created, std::move(*each.repair)});
    }
  }
  if (steps_.empty()) return;
  next_step_ = 0;
  repairing_ = true;
  repaired_.clear();
  next_repair_ = context_.now().mono + repair_retry;
  set_activity(Activity::updating);
  next_update();
}

void Lifecycle::open_monitor() {
  steps_ = {{"monitor", "", Reached::created, OpenMonitor{run_->key}}};
  next_step_ = 0;
  repairing_ = true;
  repaired_.clear();
  set_activity(Activity::updating);
  next_update();
}

void Lifecycle::end_repair() {
  repairing_ = false;
  if (repaired_.empty()) return;
  for (const auto& field : repaired_) {
    std::erase(drift_, field);
    drift_why_.erase(field);
  }
  context_.publish(EventType::jail_repaired, record_.name, "was put right: " + join(repaired_),
                   {{"fields", join(repaired_)}});
}

}  // namespace jaild::core
