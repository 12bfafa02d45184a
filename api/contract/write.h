// A change that somebody asks for, and what came of it: the values that cross from the HTTP handlers to the core.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/contract/jail_status.h"

namespace jaild {

// Who asks, for history, events and the log.
struct Requester {
  std::string by;    // "uid 0", "token deploy (3f9a1c20b7d4)"
  std::string from;  // "unix pid 4711", "127.0.0.1:50412"
};

struct Write {
  enum class Verb { declare, replace, erase, start, stop, restart, adopt };
  Verb verb = Verb::declare;
  std::string name;
  std::optional<JailSpec> spec;                // declare and replace: always there
  std::optional<Desired> desired;              // declare and replace: as the request gave it
  std::optional<std::uint64_t> if_generation;  // If-Match: "N"; precondition_failed when another one is stored
  bool if_present = false;                     // If-Match: *
  bool if_absent = false;                      // If-None-Match: *
  bool dry_run = false;                        // answer what would happen, change nothing
  Requester who;
};

// What a write does to one jail; a dry run answers these and nothing else happens.
struct Change {
  std::string jail;
  std::string action;               // "create", "update", "live", "start", "stop", "restart", "delete", "adopt"
  std::vector<std::string> fields;  // for update, live, adopt: the fields that change; pending ones after "restart"
  std::vector<StepReport> steps;    // for start, stop: every step and command, in order
};

struct WriteReply {
  bool created = false;  // 201
  bool settled = false;  // nothing left to do: 200 or 204, else 202
  bool gone = false;     // an erase that is complete
  JailObject object;     // as it is after the write; meaningless when gone
  std::vector<Change> changes;
};

// Which jails a list shows.
struct ListQuery {
  std::optional<std::pair<std::string, std::string>> label;
  std::optional<JailState> state;
  std::string after;  // names greater than this
  std::size_t limit = 1000;
};

struct EventQuery {
  std::uint64_t after = 0;
  std::string jail;  // "" all
  std::string type;  // "" all
  std::size_t limit = 1000;
};

}  // namespace jaild
