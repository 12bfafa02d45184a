// What is durable, as values. The store keeps exactly these; everything else is derived.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/contract/jail_status.h"
#include "api/contract/token.h"
#include "daemon/core/resource.h"

namespace jaild::core {

// What restart policy must not forget when the daemon restarts. A boot of the host forgets it.
struct RestartMemory {
  std::chrono::milliseconds last_delay{0};  // 0: no failure since the last stable run
  std::vector<WallTime> starts;             // by policy, within the window; at most `limit` + 1
  bool gave_up = false;
  std::optional<WallTime> next_try_at;
  bool operator==(const RestartMemory&) const = default;
};

struct JailRecord {
  std::string name;
  std::uint64_t generation = 1;
  Desired desired = Desired::running;
  bool deleting = false;  // a tombstone: stop it, then forget it
  JailSpec spec;
  WallTime updated_at;
  std::string by;
  std::uint64_t restarts = 0;
  std::optional<LastExit> last_exit;
  bool finished = false;  // a final exit: counts as agreed with the wish until start, a new spec or a host boot
  std::string failure;    // why the last start or run failed; "" when it did not
  RestartMemory restart;
  bool operator==(const JailRecord&) const = default;
};

// A new wish clears what held the jail back.
inline void wish_anew(JailRecord& record, Desired desired, const std::string& by, WallTime now) {
  record.desired = desired;
  record.finished = false;
  record.failure.clear();
  record.restart = {};
  record.by = by;
  record.updated_at = now;
}

// A boot of the host, in order or not: autostart decides, and what was before counts no more.
inline void boot_anew(JailRecord& record) {
  record.desired = record.spec.autostart ? Desired::running : Desired::stopped;
  record.finished = false;
  record.failure.clear();
  record.restart = {};
}

// Whether `desired` is what the jail is after already, with nothing that held it back to be cleared.
inline bool agrees(const JailRecord& record, Desired desired) {
  return record.desired == desired && (desired == Desired::stopped || (!record.finished && !record.restart.gave_up));
}

// A tombstone: the jail is stopped, then forgotten.
inline JailRecord to_be_erased(JailRecord record, const std::string& by, WallTime now) {
  record.deleting = true;
  record.desired = Desired::stopped;
  record.by = by;
  record.updated_at = now;
  return record;
}

// Copies what somebody wishes, not what happened to the jail meanwhile.
inline void take_wish(JailRecord& into, const JailRecord& from) {
  into.generation = from.generation;
  into.desired = from.desired;
  into.deleting = from.deleting;
  into.spec = from.spec;
  into.updated_at = from.updated_at;
  into.by = from.by;
  if (!from.finished) into.finished = false;
  if (!from.restart.gave_up && into.restart.gave_up) into.restart = {};
  if (!into.finished && !into.restart.gave_up && from.failure.empty()) into.failure.clear();
}

enum class RunPhase { starting, running, stopping };

// One run, from before its first step until after its last undo. Its ledger is the promise that nothing leaks.
struct RunRecord {
  JailKey key;
  std::uint64_t generation = 0;  // of the spec it was started with
  JailSpec spec;                 // as started; stop hooks and live changes refer to it
  RunPhase phase = RunPhase::starting;
  std::string boot_id;
  std::optional<WallTime> started_at;
  std::vector<LedgerEntry> before_create;
  std::vector<LedgerEntry> after_create;
  // Kernel text of the rctl rules that hooks of the start set beside the spec's: their wish, so they stay as long as
  // the run does. What the spec says of the same limit goes first (hook_rules_beside() in steps.h).
  std::vector<std::string> hook_rules = {};
  bool operator==(const RunRecord&) const = default;
};

// The secret itself is kept nowhere. It has 256 random bits, so a fast hash is as good as a slow one.
struct TokenRecord {
  Token token;
  std::string secret_hash;  // SHA-256 of the secret, in hexadecimal
  bool operator==(const TokenRecord&) const = default;
};

// Everything the store holds, as it is read at start.
struct Snapshot {
  std::vector<JailRecord> jails;
  std::vector<RunRecord> runs;
  std::vector<TokenRecord> tokens;
  std::map<std::string, std::string> meta;
  std::uint64_t last_event = 0;
  std::uint64_t last_run = 0;  // the greatest run number ever put
};

}  // namespace jaild::core
