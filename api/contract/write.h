// A change that somebody asks for, and what came of it: the values that cross from the HTTP handlers to the core.
#pragma once

#include <cstdint>
#include <map>
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
  // "create", "update" (written, and taken over by the next start), "live" (taken over now), "pending" (waits for a
  // restart), "restart" (needs one, which follows), "start", "stop", "delete", "adopt"
  std::string action;
  std::vector<std::string> fields;  // for update, live, pending, restart, adopt: which
  std::vector<StepReport> steps;    // for live, start, stop: every step and command, in order
};

struct WriteReply {
  bool created = false;  // 201
  bool settled = false;  // nothing left to do: 200 or 204, else 202
  bool gone = false;     // an erase that is complete
  JailObject object;     // as it is after the write; meaningless when gone
  std::vector<Change> changes;
};

// Many jails in one transaction: all of it is stored, or none.
struct WriteSet {
  struct Member {
    std::string name;
    JailSpec spec;
    std::optional<Desired> desired;  // absent: as it is, running for a new jail; other members' wishes may change it
  };
  std::vector<Member> members;               // names are unique
  std::map<std::string, std::string> prune;  // what has all these labels and is no member is deleted; {}: nothing is
  bool restart = true;                       // running jails whose change needs a restart are restarted
  bool dry_run = false;                      // answer what would happen, change nothing
  Requester who;
};

struct SetReply {
  std::vector<Change> changes;      // in the order in which they will be done; empty: nothing to do
  std::vector<JailObject> objects;  // the members as they are after the write; none after a dry run
  bool settled = false;             // nothing left to do: 200, else 202
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
