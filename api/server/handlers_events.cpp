// GET /events: what happened, as a list or as a stream.
#include <algorithm>
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

// As many as the query wants, but no more than a page holds: an event may have 64 KiB. Whoever asks on after the last
// gets the rest.
boost::asio::awaitable<Response> event_list(Call& call, EventQuery query) {
  constexpr std::size_t at_a_time = 32;
  if (!call.bytes.hold(2 * page_bytes)) co_return too_much();
  Response response;
  response.body = "{\"items\":[";
  std::size_t left = query.limit;
  bool more = true;
  while (more && left > 0 && response.body.size() < page_bytes) {
    query.limit = std::min(left, at_a_time);
    Pending<std::vector<JailEvent>> pending(call.connection.waiter());
    call.service.events(query, pending.done());
    const auto events = co_await pending.get(call.limits.answer_time);
    if (!events) co_return problem_response(events.error());
    for (const JailEvent& event : *events) {
      if (!response.body.ends_with('[')) response.body += ',';
      response.body += to_text(to_json(event));
      query.after = event.id;
    }
    left -= events->size();
    more = events->size() == query.limit;
  }
  response.body += ']';
  if (more && left > 0) response.body += ",\"next\":" + std::to_string(query.after);
  response.body += "}\n";
  co_return response;
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
  Response response = co_await event_list(call, plan->query);
  co_return response;
}

}  // namespace jaild::server
