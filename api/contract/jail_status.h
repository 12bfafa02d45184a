// What GET /jails/{name} says of a jail beside its spec. Derived from the core's state at the moment of asking; never
// stored as such.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/contract/event_type.h"
#include "api/contract/jail_spec.h"

namespace jaild {

using WallTime = std::chrono::system_clock::time_point;

enum class JailState { stopped, blocked, starting, running, stopping, backoff, failed, foreign };
constexpr int jail_state_count = 8;
[[nodiscard]] std::string_view to_string(JailState state);
[[nodiscard]] std::optional<JailState> jail_state_from(std::string_view text);
[[nodiscard]] std::string_view to_string(Desired desired);

// How a jail's main command (or its last process) ended.
struct LastExit {
  WallTime at;
  std::optional<int> code;  // absent when a signal ended it or nobody could tell
  int signal = 0;           // 0: none
  std::string reason;       // one sentence
  bool operator==(const LastExit&) const = default;
};

// One step of the last start or stop, in the order it ran.
struct StepReport {
  std::string step;     // "exec.start", "mount", "rctl"...
  std::string command;  // the command line or the thing acted on; may be ""
  bool ok = true;
  std::string error;  // "" when ok
  double seconds = 0;
  // Under way since then: `ok`, `error` and `seconds` say nothing yet.
  std::optional<WallTime> running_since = std::nullopt;
  bool operator==(const StepReport&) const = default;
};

struct JailStatus {
  JailState state = JailState::stopped;
  std::string reason;
  bool ready = false;
  std::optional<int> jid;
  std::uint64_t observed_generation = 0;  // 0: never ran
  std::optional<WallTime> started_at;
  std::uint64_t restarts = 0;  // by policy, since it was declared
  std::optional<LastExit> last_exit;
  std::optional<WallTime> next_try_at;
  std::optional<WallTime> dying_since;  // a former incarnation that the kernel still holds
  std::vector<std::string> pending;     // fields that wait for a restart
  std::vector<std::string> drift;       // fields in which kernel and wish differ
  std::vector<std::string> hook_rules;  // that hooks of the start set beside spec.rctl, as the kernel prints them
  std::uint64_t log_lines_lost = 0;     // of the present run's log, or of the last one's
  std::string log_error;                // why that log cannot be written now; "": it can
  std::vector<StepReport> steps;
};

struct JailObject {
  std::string name;
  std::uint64_t generation = 0;  // 0: foreign, without a spec of ours
  Desired desired = Desired::running;
  JailSpec spec;
  JailStatus status;
};

// One line of history: a fact that happened, numbered from 1 (`id`) and durable with its number, oldest first.
// `jail_step` alone is no history: it has no number (0), is told to those who follow just then, and nobody keeps it.
struct JailEvent {
  std::uint64_t id = 0;
  WallTime at;
  EventType type = EventType::daemon_started;
  std::string jail;  // "" for the daemon itself
  std::string message;
  std::map<std::string, std::string> data;
  std::optional<StepReport> step = std::nullopt;  // of jail.step, and then there is no data
};

// A spec as it was once.
struct SpecVersion {
  std::uint64_t generation = 0;
  WallTime at;
  std::string by;  // who wrote it: "uid 0", "jaild"
  JailSpec spec;
};

struct ProcessInfo {
  int pid = 0;  // the host's
  int ppid = 0;
  std::string user;
  std::string command;
  std::string state;
  std::uint64_t memory_bytes = 0;
  double cpu_seconds = 0;
  std::optional<WallTime> started_at;
};

// What a jail uses now. Only resources that the host can tell are there.
struct Usage {
  std::map<Resource, std::uint64_t> resources;
};

}  // namespace jaild
