// What core may ask of the world. The runtime carries actions out in order; each Perform and Commit comes back as
// exactly one input (input.h).
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "api/contract/change.h"
#include "daemon/core/mutation.h"
#include "daemon/core/operation.h"

namespace jaild::core {

using CommitId = std::uint64_t;
using Ticket = std::uint64_t;  // names a waiting request

struct Perform {
  Op op;
};
struct Commit {
  CommitId id = 0;
  std::vector<Mutation> mutations;
};
struct Answer {
  Ticket ticket = 0;
  Result<ChangeReply> result;
};
// There is more to be planned of a large request, after others had their turn: comes back as PlanContinued.
struct ContinuePlan {
  Ticket ticket = 0;
};
// There is more to be put in force or told, after others had their turn: comes back as GoneOn.
struct GoOn {};
// Something happened: for what acts on it and for the log, before it is on the disk and without a number.
struct Notify {
  JailEvent event;
};
// The same once it is durable: from here on it has its number, and whoever follows hears it.
struct Publish {
  JailEvent event;
};
// A step of a start or a stop begins or is over: for subscribers that follow just now, and in no Commit.
struct ShowStep {
  JailEvent event;
};
// The kernel has to be looked at as a whole: comes back as Surveyed.
struct LookAround {};

using Action = std::variant<Perform, Commit, Answer, ContinuePlan, GoOn, Notify, Publish, ShowStep, LookAround>;

}  // namespace jaild::core
