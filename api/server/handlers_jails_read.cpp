// GET /jails, /jails/{name} and what hangs below it.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/contract/json.h"
#include "api/contract/mistakes.h"
#include "api/server/handlers.h"

namespace jaild::server {

namespace {

constexpr std::uint64_t list_most = 1000;
// Turning a jail into text takes some 10 us; the loop gets to others after every so many, so that a list of a thousand
// does not stall it.
constexpr std::size_t items_at_a_time = 64;

Result<ListQuery> list_query(const Call& call) {
  QueryReader query(call.target.query);
  ListQuery wanted;
  if (const auto label = query.text("label")) {
    const std::size_t equals = label->find('=');
    if (equals == std::string::npos || equals == 0) {
      query.mistake("label", "must be KEY=VALUE");
    } else {
      wanted.label.emplace(label->substr(0, equals), label->substr(equals + 1));
    }
  }
  if (const auto state = query.text("state")) {
    wanted.state = jail_state_from(*state);
    if (!wanted.state) query.mistake("state", "there is no state " + in_quotes(*state));
  }
  wanted.limit = query.number("limit", 1, list_most).value_or(list_most);
  wanted.after = query.text("after").value_or("");
  const Result<void> good = query.finish();
  if (!good) return Fail(good.error());
  return wanted;
}

}  // namespace

boost::asio::awaitable<Response> list_jails(Call& call) {
  const Result<ListQuery> wanted = list_query(call);
  if (!wanted) co_return problem_response(wanted.error());
  const JailViews list = call.service.list(*wanted);
  Response response;
  response.body = "{\"items\":[";
  for (std::size_t at = 0; at < list.items.size(); ++at) {
    if (at > 0) response.body += ',';
    response.body += list.items[at]->json();
    if (at % items_at_a_time != items_at_a_time - 1) continue;
    co_await call.connection.waiter()->yield();
  }
  response.body += "],\"event\":" + std::to_string(list.event) + "}\n";
  co_return response;
}

boost::asio::awaitable<Response> get_jail(Call& call) {
  const Result<void> good = no_parameters(call);
  if (!good) co_return problem_response(good.error());
  const Result<std::shared_ptr<JailView>> view = call.service.view(call.name);
  if (!view) co_return problem_response(view.error());
  co_return view_response(200, **view);
}

boost::asio::awaitable<Response> jail_usage(Call& call) {
  const Result<void> good = no_parameters(call);
  if (!good) co_return problem_response(good.error());
  Pending<std::pair<Usage, std::vector<RctlRule>>> pending(call.connection.waiter());
  call.service.usage(call.name, pending.done());
  const auto used = co_await pending.get(call.limits.answer_time);
  if (!used) co_return problem_response(used.error());
  co_return json_response(200, to_json(used->first, used->second));
}

boost::asio::awaitable<Response> jail_processes(Call& call) {
  const Result<void> good = no_parameters(call);
  if (!good) co_return problem_response(good.error());
  Pending<std::vector<ProcessInfo>> pending(call.connection.waiter());
  call.service.processes(call.name, pending.done());
  const auto processes = co_await pending.get(call.limits.answer_time);
  if (!processes) co_return problem_response(processes.error());
  co_return list_response(*processes);
}

boost::asio::awaitable<Response> jail_history(Call& call) {
  const Result<void> good = no_parameters(call);
  if (!good) co_return problem_response(good.error());
  Pending<std::vector<SpecVersion>> pending(call.connection.waiter());
  call.service.history(call.name, pending.done());
  const auto versions = co_await pending.get(call.limits.answer_time);
  if (!versions) co_return problem_response(versions.error());
  co_return list_response(*versions);
}

}  // namespace jaild::server
