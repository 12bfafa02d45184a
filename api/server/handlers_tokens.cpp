// GET and POST /tokens, DELETE /tokens/{id}.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "api/contract/json.h"
#include "api/server/handlers.h"

namespace jaild::server {

namespace {

// Where a token stands in the list, which is in the order of these: it stays so when the token itself is deleted.
using Standing = std::pair<std::int64_t, std::string>;  // nanoseconds since 1970 when it was made, id

Standing standing_of(const Token& token) {
  const auto made = token.created_at.time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::nanoseconds>(made).count(), token.id};
}

std::string text_of_standing(const Standing& standing) {
  return std::to_string(standing.first) + "-" + standing.second;
}

std::optional<Standing> standing_from(std::string_view text) {
  Standing standing;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, standing.first);
  if (error != std::errc{} || stop == end || *stop != '-') return std::nullopt;
  standing.second.assign(stop + 1, end);
  return standing;
}

}  // namespace

boost::asio::awaitable<Response> list_tokens(Call& call) {
  QueryReader query(call.target.query);
  const auto limit = query.number("limit", 1, list_most).value_or(list_most);
  std::optional<Standing> after;
  if (const auto text = query.text("after")) {
    after = standing_from(*text);
    if (!after) query.mistake("after", "must be the `next` of another page");
  }
  const Result<void> good = query.finish();
  if (!good) co_return problem_response(good.error());
  std::vector<Token> tokens = call.service.tokens();
  if (after) std::erase_if(tokens, [&](const Token& token) { return standing_of(token) <= *after; });
  const bool more = tokens.size() > limit;
  if (more) tokens.resize(limit);
  nlohmann::json body{{"items", items_of(tokens)}};
  if (more) body["next"] = text_of_standing(standing_of(tokens.back()));
  co_return json_response(200, body);
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
