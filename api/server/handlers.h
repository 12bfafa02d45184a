// From a request to its answer, one coroutine for each call of api/contract/routes.h.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "api/contract/json.h"
#include "api/contract/routes.h"
#include "api/server/bytes.h"
#include "api/server/connection.h"
#include "api/server/limits.h"
#include "api/server/message.h"
#include "api/server/service.h"
#include "api/server/target.h"
#include "api/server/waiter.h"

namespace jaild::server {

// A call under way. All references are the session's and outlive the handler.
struct Call {
  const Request& request;
  const Target& target;
  std::string name;  // what fills the slot of the path: the jail's name, the token's id
  const Requester& who;
  Service& service;
  const Limits& limits;
  Connection& connection;
  Bytes& bytes;  // what this call holds; the session counts the answer once it is made
};

// Loop thread only. Never fails: what goes wrong is a problem in the Response.
boost::asio::awaitable<Response> handle(RouteId route, Call& call);

// The pieces of handle(), by theme.
boost::asio::awaitable<Response> list_jails(Call& call);  // handlers_jails_read.cpp
boost::asio::awaitable<Response> get_jail(Call& call);
boost::asio::awaitable<Response> jail_usage(Call& call);
boost::asio::awaitable<Response> jail_processes(Call& call);
boost::asio::awaitable<Response> jail_history(Call& call);
boost::asio::awaitable<Response> declare_jail(Call& call);  // handlers_jails_write.cpp
boost::asio::awaitable<Response> put_jail(Call& call);
boost::asio::awaitable<Response> patch_jail(Call& call);
boost::asio::awaitable<Response> delete_jail(Call& call);
boost::asio::awaitable<Response> roll_back_jail(Call& call);
boost::asio::awaitable<Response> act_on_jail(Call& call, ChangeAction action);  // start, stop, restart, adopt
boost::asio::awaitable<Response> plan_set(Call& call);                          // handlers_sets.cpp
boost::asio::awaitable<Response> apply_set(Call& call);
boost::asio::awaitable<Response> list_events(Call& call);  // handlers_events.cpp
boost::asio::awaitable<Response> jail_log(Call& call);     // handlers_log.cpp
boost::asio::awaitable<Response> list_tokens(Call& call);  // handlers_tokens.cpp
boost::asio::awaitable<Response> create_token(Call& call);
boost::asio::awaitable<Response> delete_token(Call& call);
boost::asio::awaitable<Response> exec_once(Call& call);  // handlers_exec.cpp
boost::asio::awaitable<Response> exec_stream(Call& call);
boost::asio::awaitable<Response> get_metrics(Call& call);  // handlers_observe.cpp
boost::asio::awaitable<Response> get_livez(Call& call);
boost::asio::awaitable<Response> get_readyz(Call& call);
boost::asio::awaitable<Response> get_version(Call& call);
boost::asio::awaitable<Response> get_host(Call& call);
boost::asio::awaitable<Response> get_openapi(Call& call);
boost::asio::awaitable<Response> get_debug_tasks(Call& call);

// What the handlers share.
constexpr std::uint64_t wait_most = 600;                         // of ?wait=, in seconds
Response json_response(int status, const nlohmann::json& body);  // with a newline, for those who read it in a terminal
Response object_response(int status, const JailObject& object);  // with its ETag, if it is ours
Response view_response(int status, JailView& view);              // likewise
Result<void> no_parameters(const Call& call);                    // Kind::invalid when the query has any

// Of a page of a list: it ends with the item that reaches it, and says by "next" where to go on.
constexpr std::size_t page_bytes = 1024 * 1024;
constexpr std::uint64_t list_most = 1000;  // items, which `limit` may lower
Response too_much();                       // Kind::overloaded: the call may not hold what it needs

template <class T>
nlohmann::json items_of(const std::vector<T>& items) {
  nlohmann::json list = nlohmann::json::array();
  for (const T& item : items) list.push_back(to_json(item));
  return list;
}

// {"items":[...]}, as every list is.
template <class T>
Response list_response(const std::vector<T>& items) {
  return json_response(200, nlohmann::json{{"items", items_of(items)}});
}

}  // namespace jaild::server
