// Changes that somebody asks for, and what came of them: the values that cross from the HTTP handlers to core. Every
// request is a set of changes, stored in one transaction or not at all; POST /jails is a set of one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/contract/jail_status.h"

namespace jaild {

// Who asks, for history, events and the log.
struct Requester {
  std::string by;    // "uid 0", "token deploy (3f9a1c20b7d4)"
  std::string from;  // "unix pid 4711", "127.0.0.1:50412"
};

// ---- what is asked for ----

// The jail has this spec from now on.
struct Put {
  JailSpec spec;
  // Absent: as it is, running for a new jail; other changes of the set may move it.
  std::optional<Desired> desired = {};
  bool only_new = false;  // Kind::exists where there is one
};
struct Erase {};
struct SetDesired {  // start and stop
  Desired desired = Desired::running;
};
struct Restart {};
struct Adopt {};  // a foreign jail becomes ours as it is

struct Conditions {
  std::optional<std::uint64_t> generation;  // If-Match: "N"; Kind::precondition_failed when another one is stored
  bool present = false;                     // If-Match: *
  bool absent = false;                      // If-None-Match: *
};

using ChangeAction = std::variant<Put, Erase, SetDesired, Restart, Adopt>;

struct Change {
  std::string name;
  ChangeAction what;
  Conditions only_if = {};
};

// "declare", "replace", "delete", "start", "stop", "restart", "adopt": in events, metrics and the log.
[[nodiscard]] std::string_view verb_of(const Change& change);

struct ChangeRequest {
  std::vector<Change> changes;  // names are unique
  // Of POST /plan and /apply: a mistake is told with its place ("/jails/N/..."), all of them at once.
  bool is_set = false;
  std::map<std::string, std::string> prune =
      {};                // what has all these labels and is not named is erased; {}: nothing is
  bool restart = false;  // running jails whose new spec needs a restart are restarted
  bool dry_run = false;  // answer what would happen, change nothing
  Requester who = {};
};

// Where a change stands in the document that asked for it: "/jails/N" of a set, else "".
[[nodiscard]] std::string pointer_to(const ChangeRequest& request, std::size_t place);

[[nodiscard]] ChangeRequest one_change(Change change, Requester who);

// ---- what comes of it ----

// What a request does to one jail; a dry run answers these and nothing else happens.
struct Effect {
  enum class Kind {
    create,
    update,   // written, and taken over by the next start
    live,     // taken over now
    pending,  // waits for a restart
    restart,  // needs one, which follows
    start,
    stop,
    erase,
    adopt
  };
  std::string jail;
  Kind kind = Kind::update;
  std::vector<std::string> fields = {};  // for update, live, pending, restart, adopt: which
  std::vector<StepReport> steps = {};    // for live, start, stop: every step and command, in order
};

// As the API has it: "delete" for erase, the others by their own names.
[[nodiscard]] std::string_view to_string(Effect::Kind kind);

struct ChangeReply {
  std::vector<Effect> effects;      // of a dry run and of a set, in the order in which they are done; {}: nothing to do
  std::vector<JailObject> objects;  // those named, as they are after the write; without what is gone; none of a dry run
  std::vector<std::string> jails;   // those named and those that a prune takes: what ?wait= waits for
  bool created = false;             // a single put, of a new jail
  bool settled = false;             // nothing is left to do
};

}  // namespace jaild
