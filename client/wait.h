// Waiting for jails to become what was asked for, all of them at once, with their steps shown as they happen.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "client/exit_code.h"
#include "client/session.h"

namespace jaild::client {

enum class Goal {
  running,    // and ready
  restarted,  // running and ready, in another incarnation than before
  stopped,
  gone,   // forgotten by the daemon
  ended,  // what runs, or is about to, is over; nobody asked for it
};

// A change that the daemon accepted.
struct Begun {
  std::string name;
  Goal goal = Goal::running;
  bool settled = false;          // it said that nothing is left to do
  nlohmann::json object;         // as it was right after the change; null when it is gone
  std::string incarnation = {};  // for Goal::restarted and ended: incarnation_of() before
  std::string done = {};         // what the change was, to be said before its outcome: "created"
  bool quiet = false;            // success is not worth a line
};

// Where a jail is on its way to a goal.
enum class Verdict {
  waiting,
  reached,
  finished,   // its command ran and ended with code 0: as agreed, but it is not running
  failed,     // it gave up, or its start failed and is tried again later
  held_up,    // its start waits for what does not come by itself
  overtaken,  // somebody asked for the opposite meanwhile
};

// jid and start time: differs between two incarnations of one jail.
[[nodiscard]] std::string incarnation_of(const nlohmann::json& object);

// Pure. `object` is what the daemon says now; null: it knows the jail no more. Never held_up, which takes a look at
// other jails.
[[nodiscard]] Verdict judge(const Begun& begun, const nlohmann::json& object);

struct Waited {
  ExitCode code = ExitCode::ok;         // the first failure's, in the order of the jails
  std::vector<ExitCode> codes;          // of each
  std::vector<nlohmann::json> objects;  // the last that was seen of each, in their order; null when gone
};

// Waits until each verdict is another than waiting, at most until `deadline`, and says each outcome when it is there:
// one line on standard output (not with -o json), or why not on standard error. What holds a jail up and passes by
// itself is said once. It follows GET /events, which tells when to look; a daemon that is away ends it.
Waited wait_for(Session& session, const std::vector<Begun>& begun, std::chrono::steady_clock::time_point deadline);

}  // namespace jaild::client
