#include "api/server/handlers.h"

#include <nlohmann/json.hpp>

#include "api/contract/json.h"
#include "api/server/conditions.h"

namespace jaild::server {

boost::asio::awaitable<Response> handle(RouteId route, Call& call) {
  switch (route) {
    case RouteId::list_jails: return list_jails(call);
    case RouteId::declare_jail: return declare_jail(call);
    case RouteId::get_jail: return get_jail(call);
    case RouteId::put_jail: return put_jail(call);
    case RouteId::patch_jail: return patch_jail(call);
    case RouteId::delete_jail: return delete_jail(call);
    case RouteId::start_jail: return act_on_jail(call, SetDesired{Desired::running});
    case RouteId::stop_jail: return act_on_jail(call, SetDesired{Desired::stopped});
    case RouteId::restart_jail: return act_on_jail(call, Restart{});
    case RouteId::adopt_jail: return act_on_jail(call, Adopt{});
    case RouteId::jail_usage: return jail_usage(call);
    case RouteId::jail_processes: return jail_processes(call);
    case RouteId::rollback_jail: return roll_back_jail(call);
    case RouteId::jail_history: return jail_history(call);
    case RouteId::jail_log: return jail_log(call);
    case RouteId::plan_set: return plan_set(call);
    case RouteId::apply_set: return apply_set(call);
    case RouteId::exec_once: return exec_once(call);
    case RouteId::exec_stream: return exec_stream(call);
    case RouteId::events: return list_events(call);
    case RouteId::list_tokens: return list_tokens(call);
    case RouteId::create_token: return create_token(call);
    case RouteId::delete_token: return delete_token(call);
    case RouteId::metrics: return get_metrics(call);
    case RouteId::livez: return get_livez(call);
    case RouteId::readyz: return get_readyz(call);
    case RouteId::version: return get_version(call);
    case RouteId::host: return get_host(call);
    case RouteId::openapi: return get_openapi(call);
    case RouteId::debug_tasks: return get_debug_tasks(call);
  }
  std::unreachable();
}

Response too_much() {
  return problem_response({Kind::overloaded, "too much of your requests and answers is under way here", 0, {}});
}

Response json_response(int status, const nlohmann::json& body) {
  Response response;
  response.status = status;
  response.body = to_text(body) + "\n";
  return response;
}

Response view_response(int status, JailView& view) {
  Response response;
  response.status = status;
  response.body = view.json() + "\n";
  if (view.generation() != 0) response.fields.emplace_back("ETag", etag(view.generation()));
  return response;
}

Response object_response(int status, const JailObject& object) {
  JailView view(object);
  return view_response(status, view);
}

Result<void> no_parameters(const Call& call) {
  QueryReader query(call.target.query);
  return query.finish();
}

}  // namespace jaild::server
