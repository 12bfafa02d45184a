// How a jail goes on after jaild or the host died: what the ledger remembers against what the kernel shows.
#include "daemon/core/lifecycle.h"

namespace jaild::core {

void Lifecycle::recover(RunRecord run, const JailFacts* facts, const MonitorFacts* monitor, bool same_boot) {
  run_ = std::move(run);
  monitor_alive_ = monitor != nullptr;
  reached_ = Reached::created;  // whatever may have begun gets its counterpart
  const bool alive = facts != nullptr && same_boot && (run_->key.jid == 0 || run_->key.jid == facts->jid);
  if (alive) run_->key.jid = facts->jid;
  jail_left_ = alive;
  if (monitor != nullptr && monitor->main_exit) main_exit_ = monitor->main_exit;
  switch (run_->phase) {
    case RunPhase::starting:
      begin_stop(StopWhy::interrupted,
                 same_boot ? "jaild ended during the start" : "the host went down during the start");
      return;
    case RunPhase::stopping: begin_stop(StopWhy::leftovers, "the last stop was not complete"); return;
    case RunPhase::running: break;
  }
  if (!alive) {
    activity_ = Activity::running;
    begin_stop(StopWhy::gone, same_boot ? "ended while jaild was away" : "the host was restarted");
    return;
  }
  // Adopted: same jid, same processes; nothing is touched.
  considered_ = run_->generation;
  running_since_ = context_.now().mono;
  empty_ = facts->empty;
  set_activity(Activity::running);
  context_.publish("jail.adopted", record_.name, "runs on as jail " + std::to_string(run_->key.jid),
                   {{"jid", std::to_string(run_->key.jid)}});
  if (!monitor_alive_) {
    begin_stop(StopWhy::monitor_lost, "jaild-monitor died");
  } else if (main_exit_ || (empty_ && !run_->spec.command && !up_without_command())) {
    ended_by_itself();
  } else {
    evaluate();
  }
}

void Lifecycle::on_observed(const JailFacts& facts) {
  if (activity_ != Activity::running || facts.jid != run_->key.jid) return;
  if (facts.dying) {
    on_gone(facts.jid);
    return;
  }
  if (facts.empty) on_empty(run_->key);
}

}  // namespace jaild::core
