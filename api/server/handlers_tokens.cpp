// GET and POST /tokens, DELETE /tokens/{id}.
#include <nlohmann/json.hpp>

#include "api/contract/json.h"
#include "api/server/handlers.h"

namespace jaild::server {

boost::asio::awaitable<Response> list_tokens(Call& call) {
  const Result<void> good = no_parameters(call);
  if (!good) co_return problem_response(good.error());
  co_return list_response(call.service.tokens());
}

boost::asio::awaitable<Response> create_token(Call& call) {
  const Result<void> good = no_parameters(call);
  if (!good) co_return problem_response(good.error());
  const auto body = parse_json(call.request.body);
  if (!body) co_return problem_response(body.error());
  const Result<TokenRequest> wanted = parse_token_request(*body);
  if (!wanted) co_return problem_response(wanted.error());
  Pending<NewToken> pending(call.connection.waiter());
  call.service.create_token(*wanted, call.who, pending.done());
  const Result<NewToken> made = co_await pending.get(call.limits.answer_time);
  if (!made) co_return problem_response(made.error());
  co_return json_response(201, to_json(*made));
}

boost::asio::awaitable<Response> delete_token(Call& call) {
  const Result<void> good = no_parameters(call);
  if (!good) co_return problem_response(good.error());
  Pending<Token> pending(call.connection.waiter());
  call.service.delete_token(call.name, call.who, pending.done());
  const Result<Token> gone = co_await pending.get(call.limits.answer_time);
  if (!gone) co_return problem_response(gone.error());
  Response response;
  response.status = 204;
  co_return response;
}

}  // namespace jaild::server
