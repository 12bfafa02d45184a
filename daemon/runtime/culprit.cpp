#include "daemon/runtime/culprit.h"

#include <utility>

namespace jaild::runtime {
namespace {

struct OfEvent {
  Culprit operator()(const core::MainExited& event) const { return {"event", "main exited", event.key.name}; }
  Culprit operator()(const core::JailEmpty& event) const { return {"event", "jail empty", event.key.name}; }
  Culprit operator()(const core::JailGone& event) const { return {"event", "jail gone", event.name}; }
  Culprit operator()(const core::JailChanged& event) const { return {"event", "jail changed", event.name}; }
  Culprit operator()(const core::MonitorLost& event) const { return {"event", "monitor lost", event.key.name}; }
  Culprit operator()(const core::LimitHit& event) const { return {"event", "limit hit", event.name}; }
  Culprit operator()(const core::LogTold& event) const { return {"event", "log told", event.key.name}; }
};

struct OfInput {
  Culprit operator()(const core::Tick&) const { return {"tick", "", ""}; }
  Culprit operator()(const core::OpDone&) const { return {"done", "", ""}; }
  Culprit operator()(const core::Event& event) const { return std::visit(OfEvent{}, event); }
  Culprit operator()(const core::Committed&) const { return {"committed", "", ""}; }
  Culprit operator()(const core::ChangeRequested& asked) const {
    const ChangeRequest& request = asked.request;
    if (request.is_set || request.changes.empty()) return {"write", "set", ""};
    return {"write", verb_of(request.changes.front()), request.changes.front().name};
  }
  Culprit operator()(const core::PlanContinued&) const { return {"plan", "set", ""}; }
  Culprit operator()(const core::GoneOn&) const { return {"tell", "set", ""}; }
  Culprit operator()(const core::RecordRequested& record) const { return {"record", "", record.jail}; }
  Culprit operator()(const core::Surveyed&) const { return {"survey", "", ""}; }
  Culprit operator()(const core::ReadinessChanged& change) const { return {"readiness", "", change.key.name}; }
  Culprit operator()(const core::ShutdownRequested&) const { return {"shutdown", "", ""}; }
};

struct OfMutation {
  std::string operator()(const core::PutJail& put) const { return put.record.name; }
  std::string operator()(const core::EraseJail& erase) const { return erase.name; }
  std::string operator()(const core::PutRun& put) const { return put.record.key.name; }
  std::string operator()(const core::EraseRun& erase) const { return erase.name; }
  std::string operator()(const core::AddEvent& add) const { return add.event.jail; }
  std::string operator()(const core::PutMeta&) const { return {}; }
  std::string operator()(const core::PutToken&) const { return {}; }
  std::string operator()(const core::TouchToken&) const { return {}; }
  std::string operator()(const core::EraseToken&) const { return {}; }
};

}  // namespace

Culprit culprit_of(const core::Input& input) {
  return std::visit(OfInput{}, input);
}

std::string jail_of(const std::vector<core::Mutation>& mutations) {
  for (const auto& each : mutations) {
    auto jail = std::visit(OfMutation{}, each);
    if (!jail.empty()) return jail;
  }
  return {};
}

}  // namespace jaild::runtime
