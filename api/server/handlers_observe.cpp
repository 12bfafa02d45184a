// What tells how jaild and its host are: /metrics, /livez, /readyz, /version, /host, /openapi.json,
// /debug/tasks.
#include <nlohmann/json.hpp>

#include "api/contract/json.h"
#include "api/contract/version.h"
#include "api/server/handlers.h"
#include "api/server/openapi_document.h"

namespace jaild::server {

boost::asio::awaitable<Response> get_metrics(Call& call) {
  const Result<void> good = no_parameters(call);
  if (!good) co_return problem_response(good.error());
  Pending<SharedText> pending(call.connection.waiter());
  call.service.metrics(pending.done());
  Result<SharedText> text = co_await pending.get(call.limits.answer_time);
  if (!text) co_return problem_response(text.error());
  Response response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.shared_body = std::move(*text);
  co_return response;
}

// That this is answered at all says that the loop turns; nothing else is asked.
boost::asio::awaitable<Response> get_livez(Call& call) {
  const Result<void> good = no_parameters(call);
  if (!good) co_return problem_response(good.error());
  co_return json_response(200, nlohmann::json{{"status", "ok"}});
}

boost::asio::awaitable<Response> get_readyz(Call& call) {
  const Result<void> good = no_parameters(call);
  if (!good) co_return problem_response(good.error());
  const Readiness readiness = call.service.readiness();
  nlohmann::json checks = nlohmann::json::object();
  for (const auto& [name, state] : readiness.checks) checks[name] = state;
  const nlohmann::json body{
      {"status", readiness.ready ? "ok" : "not ready"},
      {"time", rfc3339(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()))},
      {"checks", std::move(checks)}};
  Response response = json_response(readiness.ready ? 200 : 503, body);
  if (!readiness.ready) response.fields.emplace_back("Retry-After", "1");
  co_return response;
}

boost::asio::awaitable<Response> get_version(Call& call) {
  const Result<void> good = no_parameters(call);
  if (!good) co_return problem_response(good.error());
  co_return json_response(200, nlohmann::json{{"version", version_text}});
}

boost::asio::awaitable<Response> get_host(Call& call) {
  const Result<void> good = no_parameters(call);
  if (!good) co_return problem_response(good.error());
  co_return json_response(200, to_json(call.service.profile()));
}

boost::asio::awaitable<Response> get_debug_tasks(Call& call) {
  const Result<void> good = no_parameters(call);
  if (!good) co_return problem_response(good.error());
  co_return json_response(200, to_json(call.service.tasks()));
}

boost::asio::awaitable<Response> get_openapi(Call& call) {
  const Result<void> good = no_parameters(call);
  if (!good) co_return problem_response(good.error());
  Response response;
  static const auto document = std::make_shared<const std::string>(openapi_document());
  response.shared_body = document;
  co_return response;
}

}  // namespace jaild::server
