// When a jail that ended is started again: tell it how a run ended, get a verdict with its reason in words.
// Pure: the memory it needs is a value that the store keeps (records.h), so that no restart of jaild forgets a give-up
// or resets a delay.
#pragma once

#include <chrono>
#include <string>

#include "api/contract/jail_spec.h"
#include "daemon/core/records.h"

namespace jaild::core {

// How a run ended, or why it never came to run.
enum class Ending {
  success,      // the main command exited 0
  failure,      // anything else: another code, a signal, empty without a command, a failed start, unhealthy
  interrupted,  // not the jail's fault: jaild or the host died during a start
};

struct Verdict {
  enum class What { restart, finished, gave_up };
  What what = What::finished;
  std::chrono::milliseconds delay{0};  // for restart
  std::string reason;                  // one sentence for status.reason
};

// A run shorter than this does not reset the delay, however small the delays are.
constexpr std::chrono::seconds stable_run_min{60};

// Decides and updates `memory`. `ran_for`: how long the jail was running, 0 for a failed start. `jitter` in [-1, 1]
// moves the delay by up to 10 %.
Verdict decide_restart(const RestartSettings& settings, RestartMemory& memory, Ending ending,
                       std::chrono::seconds ran_for, WallTime now, double jitter);

}  // namespace jaild::core
