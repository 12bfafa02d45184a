// GET /jails/{name}/log: what a jail and its hooks printed.
#include <charconv>

#include "api/contract/json.h"
#include "api/server/conditions.h"
#include "api/server/handlers.h"

namespace jaild::server {

namespace {

// More than the files of one jail hold.
constexpr std::uint64_t tail_most = 1'000'000;

Result<LogQuery> log_query(const Call& call) {
  QueryReader query(call.target.query);
  LogQuery wanted;
  wanted.follow = query.flag("follow");
  wanted.tail = query.number("tail", 0, tail_most);
  if (const auto since = query.text("since")) {
    wanted.since = parse_rfc3339(*since);
    if (!wanted.since) query.mistake("since", "expects a time such as 2026-01-31T12:00:00Z");
  }
  if (const auto start = query.text("start")) {
    std::int64_t number = 0;
    const auto [stop, error] = std::from_chars(start->data(), start->data() + start->size(), number);
    const bool whole = error == std::errc{} && stop == start->data() + start->size() && !start->empty();
    if (!whole) query.mistake("start", "expects the number of a start, or 0 for the latest, -1 for the one before it");
    wanted.start = number;
  }
  const Result<void> good = query.finish();
  if (!good) return Fail(good.error());
  return wanted;
}

}  // namespace

boost::asio::awaitable<Response> jail_log(Call& call) {
  const auto query = log_query(call);
  if (!query) co_return problem_response(query.error());
  auto reading = call.service.log(call.name, *query);
  if (!reading) co_return problem_response(reading.error());
  Pending<LogPage> pending(call.connection.waiter());
  (*reading)->next(pending.done());
  auto first = co_await pending.get(call.limits.answer_time);
  if (!first) co_return problem_response(first.error());
  const bool as_json = prefers_json_lines(call.request);
  Response response;
  response.content_type = as_json ? "application/x-ndjson" : "text/plain; charset=utf-8";
  response.log = LogPlan{std::move(*reading), std::move(*first), call.name, query->follow, as_json};
  co_return response;
}

}  // namespace jaild::server
