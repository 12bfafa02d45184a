// GET /events: what happened, as a list or as a stream.
#include <charconv>
#include <nlohmann/json.hpp>

#include "api/contract/json.h"
#include "api/server/conditions.h"
#include "api/server/handlers.h"

namespace jaild::server {

namespace {

constexpr std::uint64_t events_most = 1000;

// The query, and Last-Event-ID over ?after=: a browser that comes back sends its first URL again.
Result<StreamPlan> events_query(const Call& call, bool as_list) {
  QueryReader query(call.target.query);
  StreamPlan plan;
  const auto after = query.number("after", 0, UINT64_MAX);
  plan.replay = as_list || after.has_value();
  plan.query.after = after.value_or(0);
  plan.query.jail = query.text("jail").value_or("");
  plan.query.type = query.text("type").value_or("");
  if (!as_list) plan.steps = query.flag("steps");
  if (as_list) plan.query.limit = query.number("limit", 1, events_most).value_or(events_most);
  const Result<void> good = query.finish();
  if (!good) return Fail(good.error());
  if (!call.request.last_event_id) return plan;
  const std::string& id = *call.request.last_event_id;
  const auto [stop, error] = std::from_chars(id.data(), id.data() + id.size(), plan.query.after);
  if (error != std::errc{} || stop != id.data() + id.size()) {
    return Fail(Kind::bad_request, "Last-Event-ID must be the number of an event");
  }
  plan.replay = true;
  return plan;
}

}  // namespace

boost::asio::awaitable<Response> list_events(Call& call) {
  const bool as_list = prefers_json(call.request);
  Result<StreamPlan> plan = events_query(call, as_list);
  if (!plan) co_return problem_response(plan.error());
  if (!as_list) {
    Response response;
    response.content_type = "text/event-stream";
    response.stream = std::move(*plan);
    co_return response;
  }
  Pending<std::vector<JailEvent>> pending(call.connection.waiter());
  call.service.events(plan->query, pending.done());
  const auto events = co_await pending.get(call.limits.answer_time);
  if (!events) co_return problem_response(events.error());
  co_return list_response(*events);
}

}  // namespace jaild::server
