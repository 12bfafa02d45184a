// GET /jails, /jails/{name} and what hangs below it.
#include <algorithm>
#include <climits>
#include <nlohmann/json.hpp>

#include "api/contract/json.h"
#include "api/contract/mistakes.h"
#include "api/server/handlers.h"

namespace jaild::server {

namespace {

constexpr std::size_t list_bytes = 4 * page_bytes;  // 1000 jails as they are usually take 2 MiB
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

// In the order of their numbers, so that `after` means something.
std::vector<ProcessInfo> process_page(std::vector<ProcessInfo> all, int after, std::size_t limit) {
  std::erase_if(all, [after](const ProcessInfo& process) { return process.pid <= after; });
  std::ranges::sort(all, {}, &ProcessInfo::pid);
  if (all.size() > limit) all.resize(limit);
  return all;
}

}  // namespace

boost::asio::awaitable<Response> list_jails(Call& call) {
  const Result<ListQuery> wanted = list_query(call);
  if (!wanted) co_return problem_response(wanted.error());
  const JailViews list = call.service.list(*wanted);
  Response response;
  response.body = "{\"items\":[";
  std::size_t at = 0;
  for (; at < list.items.size() && response.body.size() < list_bytes; ++at) {
    const std::string& item = list.items[at]->json();
    // Before it is there: a string that grows has room for twice as much.
    if (!call.bytes.hold(2 * (response.body.size() + item.size()))) co_return too_much();
    if (at > 0) response.body += ',';
    response.body += item;
    if (at % items_at_a_time != items_at_a_time - 1) continue;
    co_await call.connection.waiter()->yield();
  }
  response.body += "],\"event\":" + std::to_string(list.event);
  if (at < list.items.size()) response.body += ",\"next\":" + to_text(list.items[at - 1]->name());
  response.body += "}\n";
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
  QueryReader query(call.target.query);
  const auto limit = query.number("limit", 1, list_most).value_or(list_most);
  const auto after = query.number("after", 0, INT_MAX).value_or(0);
  const Result<void> good = query.finish();
  if (!good) co_return problem_response(good.error());
  Pending<std::vector<ProcessInfo>> pending(call.connection.waiter());
  call.service.processes(call.name, pending.done());
  auto processes = co_await pending.get(call.limits.answer_time);
  if (!processes) co_return problem_response(processes.error());
  co_return list_response(process_page(*std::move(processes), static_cast<int>(after), limit));
}

boost::asio::awaitable<Response> jail_history(Call& call) {
  QueryReader query(call.target.query);
  HistoryQuery wanted;
  wanted.limit = query.number("limit", 1, list_most).value_or(list_most);
  wanted.after = query.number("after", 0, UINT64_MAX).value_or(0);
  wanted.bytes = page_bytes;
  const Result<void> good = query.finish();
  if (!good) co_return problem_response(good.error());
  // A page and the version that fills it, as values and as text.
  if (!call.bytes.hold(4 * page_bytes)) co_return too_much();
  Pending<HistoryPage> pending(call.connection.waiter());
  call.service.history(call.name, wanted, pending.done());
  const auto page = co_await pending.get(call.limits.answer_time);
  if (!page) co_return problem_response(page.error());
  nlohmann::json body{{"items", items_of(page->versions)}};
  if (page->more) body["next"] = page->versions.back().generation;
  co_return json_response(200, body);
}

}  // namespace jaild::server
