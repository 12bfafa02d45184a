// Faults that somebody could have written, each at the line that it breaks, for the test that the simulation's oracle
// can see (tests/simulation/deliberate_fault_test.cpp). In a release build breaks() is the constant false, and nothing
// of them is left.
#pragma once

namespace jaild::core {

enum class DeliberateFault {
  none,
  // the order and completeness of steps
  rules_after_start,      // rctl at the end of the start
  no_cpuset,              // the cpuset is never set
  mounts_stay,            // a stop leaves what was made before the jail
  rules_stay,             // a stop leaves the rules
  no_poststop,            // exec.poststop has no place in the stop
  mounts_before_removal,  // file systems are taken away under the jail
  failed_start_stays,     // a failed start is not undone
  // the ledger and the store
  ledger_without_entries,  // the intent is recorded, what it will make is not
  start_before_record,     // the first step does not wait for the record
  forgotten_before_stop,   // the run is out of the store before its stop
  deleted_before_stop,     // a delete does not wait for the stop
  answered_before_commit,  // 2xx before the commit
  set_in_two_commits,      // of a set of jails one is stored apart
  boot_not_recorded,       // each start of jaild looks like a boot
  event_told_early,        // an event is told with its number before it is on the disk
  events_unsaved,          // events wait for a commit that something else asks for
  // the restart policy
  delay_reset,      // each delay is the first
  no_delay,         // restarts at once
  no_limit,         // never gives up
  never_again,      // a failure is taken for a final exit
  boot_is_failure,  // a boot of the host counts against the jails that ran
  start_waits,      // a start that somebody asks for waits out the delay
  // order
  dependency_not_awaited,  // a start without its dependencies
  dependants_overtaken,    // a stop before the dependants'
  slots_ignored,           // all start at the same time
  shutdown_forgotten,      // starts while the host goes down
  // what happens by itself
  exit_lost,        // the end of the main command is not heard
  gone_ignored,     // a jail removed by hand is not missed
  drift_ignored,    // what was changed by hand stays
  foreign_removed,  // what jaild did not make is removed
  adopted_by_name,  // the jid is not compared after a restart of jaild
  restarted_by_us,  // a restart of jaild restarts the jails
  shown_stale,      // what is shown of a jail stays as it was
  exit_cuts_start,  // the exit of the command ends a start while a step of it is under way
};

#ifdef JAILD_DELIBERATE_FAULTS
inline DeliberateFault deliberate_fault = DeliberateFault::none;  // set by the test before a simulation, one thread
[[nodiscard]] inline bool breaks(DeliberateFault fault) {
  return deliberate_fault == fault;
}
#else
[[nodiscard]] constexpr bool breaks(DeliberateFault) {
  return false;
}
#endif

}  // namespace jaild::core
