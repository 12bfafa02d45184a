// POST /plan and POST /apply: many jails against what is, in one transaction.
#include <nlohmann/json.hpp>

#include "api/contract/json.h"
#include "api/server/conditions.h"
#include "api/server/handlers.h"

namespace jaild::server {

namespace {

Result<WriteSet> read_set(const Call& call, bool dry_run) {
  const Result<void> type = check_body_type(call.request, BodyType::json);
  if (!type) return Fail(type.error());
  const auto body = parse_json(call.request.body);
  if (!body) return Fail(body.error());
  Result<WriteSet> set = parse_jail_set(*body, call.service.profile(),
                                        [&](const WriteSet& read) { return call.service.objections(read); });
  if (!set) return set;
  set->dry_run = dry_run;
  set->who = call.who;
  return set;
}

boost::asio::awaitable<Result<SetReply>> carry_out(Call& call, const WriteSet& set, std::chrono::seconds wait) {
  Pending<SetReply> pending(call.connection.waiter());
  call.service.write_set(set, wait, pending.done());
  if (wait.count() > 0) call.connection.watch();
  Result<SetReply> reply = co_await pending.get(wait + call.limits.answer_time);
  co_return reply;
}

boost::asio::awaitable<Response> answer_plan(Call& call) {
  const Result<WriteSet> set = read_set(call, true);
  if (!set) co_return problem_response(set.error());
  const Result<SetReply> reply = co_await carry_out(call, *set, std::chrono::seconds(0));
  if (!reply) co_return problem_response(reply.error());
  co_return list_response(reply->changes);
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
  const Result<WriteSet> set = read_set(call, false);
  if (!set) co_return problem_response(set.error());
  const Result<SetReply> reply = co_await carry_out(call, *set, wait);
  if (!reply) co_return problem_response(reply.error());
  co_return json_response(reply->settled ? 200 : 202,
                          {{"items", items_of(reply->objects)}, {"changes", items_of(reply->changes)}});
}

}  // namespace jaild::server
