// Waiting for a jail to become what was asked for, with its steps shown as they happen.
#pragma once

#include <chrono>
#include <string>

#include <nlohmann/json.hpp>

#include "client/exit_code.h"
#include "client/session.h"

namespace jaild::client {

enum class Goal {
  running,    // and ready
  restarted,  // running and ready, in another incarnation than before
  stopped,
  gone,  // forgotten by the daemon
};

// A change that the daemon accepted.
struct Begun {
  std::string name;
  Goal goal = Goal::running;
  bool settled = false;     // it said that nothing is left to do
  nlohmann::json object;    // as it was right after the change; null when it is gone
  std::string incarnation;  // for Goal::restarted: incarnation_of() before the change
};

// Where a jail is on its way to a goal.
enum class Verdict {
  waiting,
  reached,
  finished,   // its command ran and ended with code 0: as agreed, but it is not running
  failed,     // it gave up, or its start failed and is tried again later
  overtaken,  // somebody asked for the opposite meanwhile
};

// jid and start time: differs between two incarnations of one jail.
[[nodiscard]] std::string incarnation_of(const nlohmann::json& object);

// Pure. `object` is what the daemon says now; null: it knows the jail no more.
[[nodiscard]] Verdict judge(const Begun& begun, const nlohmann::json& object);

struct Waited {
  ExitCode code = ExitCode::ok;
  nlohmann::json object;  // the last that was seen; null when gone
};

// Polls until the verdict is another than waiting, at most until `deadline`, and says the outcome: one line on standard
// output (not with -o json), or why not on standard error.
Waited wait_for(Session& session, const Begun& begun, std::chrono::steady_clock::time_point deadline);

}  // namespace jaild::client
