#include "api/contract/change.h"

#include <utility>

namespace jaild {

std::string_view verb_of(const Change& change) {
  struct Verb {
    std::string_view operator()(const Put& put) const { return put.only_new ? "declare" : "replace"; }
    std::string_view operator()(const Erase&) const { return "delete"; }
    std::string_view operator()(const SetDesired& wish) const {
      return wish.desired == Desired::running ? "start" : "stop";
    }
    std::string_view operator()(const Restart&) const { return "restart"; }
    std::string_view operator()(const Adopt&) const { return "adopt"; }
  };
  return std::visit(Verb{}, change.what);
}

std::string pointer_to(const ChangeRequest& request, std::size_t place) {
  return request.is_set ? "/jails/" + std::to_string(place) : "";
}

ChangeRequest one_change(Change change, Requester who) {
  ChangeRequest request;
  request.changes.push_back(std::move(change));
  request.who = std::move(who);
  return request;
}

std::string_view to_string(Effect::Kind kind) {
  switch (kind) {
    case Effect::Kind::create: return "create";
    case Effect::Kind::update: return "update";
    case Effect::Kind::live: return "live";
    case Effect::Kind::pending: return "pending";
    case Effect::Kind::restart: return "restart";
    case Effect::Kind::start: return "start";
    case Effect::Kind::stop: return "stop";
    case Effect::Kind::erase: return "delete";
    case Effect::Kind::adopt: return "adopt";
  }
  std::unreachable();
}

}  // namespace jaild
