#include "client/action.h"

#include <ostream>

#include "client/fields.h"
#include "client/output.h"

namespace jaild::client {

using nlohmann::json;

namespace {

Result<Begun> begin(Session& session, const std::string& name, const Action& action) {
  Begun begun{.name = name, .goal = action.goal, .object = nullptr};
  if (action.goal == Goal::restarted) {
    const Result<Answer> before = session.api().get(name);
    if (!before) return Fail(before.error());
    begun.incarnation = incarnation_of(before->body);
  }
  Result<Answer> answer = session.api().call({.route = action.route, .name = name});
  if (!answer) return Fail(answer.error());
  begun.settled = answer->status == 200 || answer->status == 204;
  begun.object = answer->status == 204 ? json() : std::move(answer->body);
  return begun;
}

Acted rehearse(Session& session, const std::vector<std::string>& names, const Action& action) {
  Acted acted;
  for (const std::string& name : names) {
    const Result<Answer> answer = session.api().call({.route = action.route, .name = name, .query = "dry_run=1"});
    if (!answer) {
      acted.code = first_failure(acted.code, session.fail(name, answer.error()));
      if (hopeless(acted.code)) break;
      continue;
    }
    acted.objects.push_back(answer->body);
    if (!session.json()) print_changes(session.out(), answer->body, session.terminal().out_style());
  }
  return acted;
}

void say_begun(Session& session, const Begun& begun) {
  if (session.json()) return;
  const std::string state = begun.object.is_null() ? "removed" : text_at(begun.object, "/status/state");
  session.out() << printable(begun.name) << ": " << printable(state) << '\n';
}

}  // namespace

Acted act(Session& session, const std::vector<std::string>& names, const Action& action,
          const std::map<std::string, json>& asked) {
  if (action.dry_run) return rehearse(session, names, action);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(action.timeout_seconds);
  Acted acted;
  std::vector<Begun> under_way;
  for (const std::string& name : names) {
    const auto answer = asked.find(name);
    Result<Begun> begun = answer != asked.end() ? Begun{.name = name, .goal = action.goal, .object = answer->second}
                                                : begin(session, name, action);
    if (begun) {
      under_way.push_back(std::move(*begun));
      continue;
    }
    acted.code = first_failure(acted.code, session.fail(name, begun.error()));
    if (hopeless(acted.code)) return acted;
  }
  if (action.wait) {
    Waited waited = wait_for(session, under_way, deadline);
    acted.objects = std::move(waited.objects);
    acted.code = first_failure(acted.code, waited.code);
    return acted;
  }
  for (Begun& begun : under_way) {
    say_begun(session, begun);
    acted.objects.push_back(std::move(begun.object));
  }
  return acted;
}

}  // namespace jaild::client
