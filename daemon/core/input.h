// What can happen to the supervisor. Every input is a value, so that a simulation can draw, lose and double them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>

#include "daemon/core/action.h"

namespace jaild::core {

struct Tick {};  // a deadline that next_deadline() named has come
struct Committed {
  CommitId id = 0;
  Result<void> result;
};
struct ChangeRequested {
  Ticket ticket = 0;
  ChangeRequest request;
};
struct PlanContinued {  // the answer to a ContinuePlan
  Ticket ticket = 0;
};
struct GoneOn {};  // the answer to a GoOn
// Something that is no jail's state becomes durable, with the event that tells of it, or that event alone; answered as
// a change is.
struct RecordRequested {
  Ticket ticket = 0;
  std::optional<Mutation> what;
  std::optional<EventType> type;  // of the event; nullopt: none is told
  std::string jail;               // of the event; "": it concerns none
  std::string message;
  std::map<std::string, std::string> data;
};
struct Surveyed {  // the answer to a LookAround
  Result<Survey> survey;
};
struct ReadinessChanged {  // what a health check found
  JailKey key;
  bool ready = false;
  bool restart = false;  // unhealthy, and the spec says to restart then
  std::string reason;
};
struct ShutdownRequested {  // the host goes down: stop all jails, start none
  std::chrono::seconds budget{0};
};

using Input = std::variant<Tick, OpDone, Event, Committed, ChangeRequested, PlanContinued, GoneOn, RecordRequested,
                           Surveyed, ReadinessChanged, ShutdownRequested>;

}  // namespace jaild::core
