// How a jail goes on after jaild or the host died: what the ledger remembers against what the kernel shows.
#include "daemon/core/deliberate_fault.h"
#include "daemon/core/lifecycle.h"

namespace jaild::core {

namespace {

// Whether the kernel's jail of that name is the one of this run. Where no jid was recorded its monitor knows, or the
// jail has the root that it was about to get.
bool is_jail_of(const RunRecord& run, const JailFacts& facts, const MonitorFacts* monitor) {
  if (breaks(DeliberateFault::adopted_by_name)) return true;
  if (run.key.jid != 0) return run.key.jid == facts.jid;
  return (monitor != nullptr && monitor->key.jid == facts.jid) || facts.path == run.spec.text("path");
}

}  // namespace

void Lifecycle::recover(RunRecord run, const JailFacts* facts, const MonitorFacts* monitor) {
  touch();
  run_ = std::move(run);
  monitor_alive_ = monitor != nullptr;
  reached_ = Reached::created;  // whatever may have begun gets its counterpart
  // No monitor outlives a boot: one that knows the jail knows better than a boot id that moves with the clock. One that
  // does not was opened after the boot, for the hooks of the stop.
  const bool knows_jail = monitor != nullptr && monitor->key.jid != 0 && monitor->key.jid == run_->key.jid;
  if (knows_jail) run_->boot_id = context_.boot_id();
  const bool same_boot = run_->boot_id == context_.boot_id();
  if (!same_boot) run_->key.jid = 0;  // another jail may have it now
  const bool alive = same_boot && facts != nullptr && is_jail_of(*run_, *facts, monitor);
  if (alive) run_->key.jid = facts->jid;
  jail_left_ = alive;
  if (monitor != nullptr && monitor->main_exit) main_exit_ = monitor->main_exit;
  if (monitor != nullptr) take_log(monitor->log);
  const auto booted = breaks(DeliberateFault::boot_is_failure) ? StopWhy::gone : StopWhy::booted;
  switch (run_->phase) {
    case RunPhase::starting:
      begin_stop(same_boot ? StopWhy::interrupted : booted,
                 same_boot ? "jaild ended during the start" : "the host went down during the start");
      return;
    case RunPhase::stopping: begin_stop(StopWhy::leftovers, "the last stop was not complete"); return;
    case RunPhase::running:
      if (!breaks(DeliberateFault::restarted_by_us)) break;
      begin_stop(StopWhy::interrupted, "jaild ended");
      return;
  }
  if (!alive) {
    activity_ = Activity::running;
    begin_stop(same_boot ? StopWhy::gone : booted, same_boot ? "ended while jaild was away" : "the host was restarted");
    return;
  }
  // Adopted: same jid, same processes; nothing is touched.
  considered_ = run_->generation;
  running_since_ = context_.now().mono;
  empty_ = facts->empty;
  set_activity(Activity::running);
  context_.publish(EventType::jail_adopted, record_.name, "runs on as jail " + std::to_string(run_->key.jid),
                   {{"jid", std::to_string(run_->key.jid)}});
  // The monitor of a stop that did not get far: the one that ran the command is gone, and the command with it.
  if (run_->spec.command && monitor_alive_ && !monitor->main_started) {
    begin_stop(StopWhy::monitor_lost, "jaild-monitor died");
    return;
  }
  end_lost_run();  // what the wish says is looked at once all jails are back
}

void Lifecycle::take_over(RunRecord run) {
  touch();
  run_ = std::move(run);
  reached_ = Reached::created;
  considered_ = run_->generation;
  running_since_ = settled_at_ = context_.now().mono;
  set_activity(Activity::running);
  context_.publish(EventType::jail_adopted, record_.name,
                   "is jaild's own from now on, as jail " + std::to_string(run_->key.jid),
                   {{"jid", std::to_string(run_->key.jid)}});
  look_at_run();
}

}  // namespace jaild::core
