// A start, a stop and a live change as ordered lists of steps, in the order of jail(8), rctl and cpuset right after
// jail_set. Pure: spec and what the host resolved in, steps out.
#pragma once

#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include "api/contract/spec_rules.h"
#include "daemon/core/operation.h"
#include "daemon/core/records.h"
#include "daemon/core/spec_diff.h"

namespace jaild::core {

// How far a start came: what a stop has to undo. In the order in which a start passes them, so that "<" means "before".
enum class Reached {
  nothing,    // not even the monitor
  prepare,    // exec.prepare may have begun: exec.release is owed
  resources,  // entries of before_create may exist
  prestart,   // exec.prestart may have begun: exec.poststop is owed
  created,    // the jail may exist, and all that comes after
};

struct Step {
  std::string name;                    // as in status.steps: "exec.start", "mount", "rctl"...
  std::string subject;                 // the command line or the thing acted on
  Reached reached = Reached::nothing;  // what a stop must assume once this step has begun
  decltype(Op::what) what;
};

// The limits on time that apply where the spec says nothing.
struct Timeouts {
  std::chrono::seconds start{600};
  std::chrono::seconds stop{120};
};

// The most rules that hooks of a start may add, as many as a spec may have. More of them fail the start.
constexpr std::size_t hook_rules_max = list_max;

// Those of the run's hook rules that go with `spec`: it may have them itself, or deny the same resource to the same
// subjects with another amount, and of such two the kernel keeps the later only.
std::vector<std::string> hook_rules_beside(const JailSpec& spec, const RunRecord& run);

// What jail(8) waits after SIGTERM when stop.timeout is not given.
constexpr std::chrono::seconds stop_timeout_default{10};

// `run`: key without jid, spec, ledger. Every step carries the run's key; the jid is filled in when it is known.
std::vector<Step> start_steps(const RunRecord& run, const Timeouts& timeouts);

// Why a stop happens decides which list it gets.
struct StopPlan {
  Reached reached = Reached::created;
  bool jail_exists = true;    // false: the list from exec.poststop on, as jail -C does
  bool stop_hooks = true;     // false after a failed start: exec.prestop and exec.stop have no counterpart
  bool open_monitor = false;  // the run's monitor is gone, hooks need a new one
  bool host_booted = false;   // since the run began: what the kernel kept of it is gone, hooks alone are owed
};
std::vector<Step> stop_steps(const RunRecord& run, const StopPlan& plan, const Timeouts& timeouts);

// What of a new spec is taken over while the jail runs: rules, CPUs, then parameter by parameter.
std::vector<Step> update_steps(const RunRecord& run, const SpecDiff& diff, const JailSpec& wanted);

// The same lists as reports, for a dry run: what would be done, in order.
std::vector<StepReport> describe(const std::vector<Step>& steps);

}  // namespace jaild::core
