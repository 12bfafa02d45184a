// POST /plan and POST /apply: many jails against what is, in one transaction.
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "api/contract/json.h"
#include "api/server/conditions.h"
#include "api/server/handlers.h"
#include "api/server/work_turns.h"

namespace jaild::server {

namespace {

// A body becomes a set, and a reply a body, off the loop: of a set of 10,000 jails that is most of the work. What such
// work uses is its own, for the call may end meanwhile. `work` is a name of the caller's: g++ 12 destroys twice what a
// lambda captured that stands in the co_await itself.
boost::asio::awaitable<Result<void>> off_the_loop(Call& call, const std::function<void()>& work) {
  Pending<bool> pending(call.connection.waiter());
  call.service.offload(work, [done = pending.done()] { done(true); });
  const Result<bool> done = co_await pending.get(call.limits.answer_time);
  if (!done) co_return Fail(done.error());
  co_return Result<void>{};
}

struct Reading {
  Reading(std::string text, const HostProfile& host) : body(std::move(text)), profile(host) {}

  std::string body;
  const HostProfile& profile;
  std::optional<std::vector<FieldError>> objections;  // what host and jails say against `refused`
  Result<ChangeRequest> set = Fail(Kind::internal, "not read yet");
  std::optional<ChangeRequest> refused;  // as far as it could be read
};

void read(Reading& reading) {
  const auto body = parse_json(reading.body);
  if (!body) {
    reading.set = Fail(body.error());
    return;
  }
  reading.set = parse_jail_set(*body, reading.profile, [&](const ChangeRequest& refused) {
    if (reading.objections) return *reading.objections;
    reading.refused = refused;
    return std::vector<FieldError>{};
  });
}

boost::asio::awaitable<Result<ChangeRequest>> read_set(Call& call, bool dry_run) {
  const Result<void> type = check_body_type(call.request, BodyType::json);
  if (!type) co_return Fail(type.error());
  const auto reading = std::make_shared<Reading>(call.request.body, call.service.profile());
  const std::function<void()> work = [reading] { read(*reading); };
  Result<void> done = co_await off_the_loop(call, work);
  if (done && reading->refused) {  // once more, with all that is to be said against it
    reading->objections = call.service.objections(*reading->refused);
    done = co_await off_the_loop(call, work);
  }
  if (!done) co_return Fail(done.error());
  Result<ChangeRequest> set = std::move(reading->set);
  if (set) set->dry_run = dry_run;
  if (set) set->who = call.who;
  co_return set;
}

boost::asio::awaitable<Result<ChangeReply>> carry_out_set(Call& call, ChangeRequest set, std::chrono::seconds wait) {
  Pending<ChangeReply> pending(call.connection.waiter());
  call.service.change(std::move(set), wait, pending.done());
  if (wait.count() > 0) call.connection.watch();
  Result<ChangeReply> reply = co_await pending.get(wait + call.limits.answer_time);
  co_return reply;
}

struct Rendering {
  ChangeReply reply;
  Response response;
};

boost::asio::awaitable<Response> answer(Call& call, ChangeReply reply, Response (*render)(const ChangeReply&)) {
  const auto rendering = std::make_shared<Rendering>();
  rendering->reply = std::move(reply);
  const std::function<void()> work = [rendering, render] {
    rendering->response = render(rendering->reply);
    rendering->reply = {};
  };
  const Result<void> done = co_await off_the_loop(call, work);
  if (!done) co_return problem_response(done.error());
  co_return std::move(rendering->response);
}

boost::asio::awaitable<Response> answer_plan(Call& call) {
  WorkTurns::Turn turn;
  const Result<void> ours = co_await turn.take(call.connection.place().sets, call.who.by, call.connection.waiter());
  if (!ours) co_return problem_response(ours.error());
  Result<ChangeRequest> set = co_await read_set(call, true);
  if (!set) co_return problem_response(set.error());
  Result<ChangeReply> reply = co_await carry_out_set(call, *std::move(set), std::chrono::seconds(0));
  if (!reply) co_return problem_response(reply.error());
  Response response =
      co_await answer(call, *std::move(reply), [](const ChangeReply& made) { return list_response(made.effects); });
  co_return response;
}

}  // namespace

boost::asio::awaitable<Response> plan_set(Call& call) {
  const Result<void> good = no_parameters(call);
  if (!good) co_return problem_response(good.error());
  Response response = co_await answer_plan(call);
  co_return response;
}

boost::asio::awaitable<Response> apply_set(Call& call) {
  QueryReader query(call.target.query);
  const bool dry_run = query.flag("dry_run");
  const std::chrono::seconds wait(query.number("wait", 0, wait_most).value_or(0));
  const Result<void> good = query.finish();
  if (!good) co_return problem_response(good.error());
  if (dry_run) {
    Response response = co_await answer_plan(call);
    co_return response;
  }
  WorkTurns::Turn turn;
  const Result<void> ours = co_await turn.take(call.connection.place().sets, call.who.by, call.connection.waiter());
  if (!ours) co_return problem_response(ours.error());
  Result<ChangeRequest> set = co_await read_set(call, false);
  if (!set) co_return problem_response(set.error());
  turn.release();  // the commits of sets are one after the other anyway, and ?wait may last
  Result<ChangeReply> reply = co_await carry_out_set(call, *std::move(set), wait);
  if (!reply) co_return problem_response(reply.error());
  Response response = co_await answer(call, *std::move(reply), [](const ChangeReply& made) {
    return json_response(made.settled ? 200 : 202,
                         {{"items", items_of(made.objects)}, {"changes", items_of(made.effects)}});
  });
  co_return response;
}

}  // namespace jaild::server
