#include "api/server/session.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "api/server/conditions.h"
#include "api/server/event_stream.h"
#include "api/server/handlers.h"
#include "api/server/log_feed.h"
#include "api/server/request_reader.h"
#include "api/server/target.h"

namespace jaild::server {

namespace asio = boost::asio;

namespace {

using Clock = std::chrono::steady_clock;

// What the header alone says of a request: an answer, or the call to make once its body is there.
struct Decision {
  std::optional<Response> answer;
  const Route* route = nullptr;  // known also for some answers
  Target target;
  std::string name;
};

// One of the streams that may be open at once; held until the session ends, for a stream is its last answer.
class StreamSlot {
 public:
  StreamSlot() = default;
  ~StreamSlot() {
    if (state_ != nullptr) --state_->streams;
  }
  StreamSlot(const StreamSlot&) = delete;
  StreamSlot& operator=(const StreamSlot&) = delete;

  bool take(ServerState& state) {
    if (state.streams >= state.options.limits.streams) return false;
    ++state.streams;
    state_ = &state;
    return true;
  }

 private:
  ServerState* state_ = nullptr;  // the session's, which outlives this
};

class Session {
 public:
  Session(Connection& connection, ServerState& state, Surface surface)
      : connection_(connection), state_(state), surface_(surface), reader_(connection, state.options.limits) {}

  // Whether another request may follow.
  asio::awaitable<bool> one_request();

 private:
  [[nodiscard]] Decision decide(const Request& request) const;
  [[nodiscard]] std::optional<Error> check_access(const Request& request) const;
  asio::awaitable<Response> make_answer(Request& request, const Decision& decision);
  asio::awaitable<bool> send(const Response& response, std::string_view method, bool keep);
  asio::awaitable<bool> go_on(const Response& response);
  void count(std::string_view method, const Route* route, int status, Clock::time_point since);

  Connection& connection_;
  ServerState& state_;
  Surface surface_;
  RequestReader reader_;
  StreamSlot slot_;
  bool ends_ = false;  // after this answer
};

Response options_response(std::string methods) {
  Response response;
  response.status = 204;
  response.fields.emplace_back("Allow", std::move(methods));
  return response;
}

Response method_not_allowed(const std::string& method, std::string methods) {
  Response response =
      problem_response({Kind::method_not_allowed, "this path has no " + method + ", but " + methods, 0, {}});
  response.fields.emplace_back("Allow", std::move(methods));
  return response;
}

Response unsupported_media_type(const Error& error, RouteId route) {
  Response response = problem_response(error);
  response.fields.emplace_back(
      "Accept", route == RouteId::patch_jail ? "application/merge-patch+json, application/json" : "application/json");
  if (route == RouteId::patch_jail) {
    response.fields.emplace_back("Accept-Patch", "application/merge-patch+json, application/json");
  }
  return response;
}

// Browsers say where a page came from; no page has business here. Other clients send neither field.
std::optional<Error> check_browser(const Request& request) {
  if (request.origin) return Error{Kind::forbidden, "requests of web pages are not served", 0, {}};
  const auto& site = request.sec_fetch_site;
  if (!site || *site == "none" || *site == "same-origin") return std::nullopt;
  return Error{Kind::forbidden, "requests of other sites' web pages are not served", 0, {}};
}

std::optional<Error> Session::check_access(const Request& request) const {
  if (surface_ == Surface::probes) return check_browser(request);
  return std::nullopt;
}

Decision Session::decide(const Request& request) const {
  Decision decision;
  if (const auto error = check_access(request)) {
    decision.answer = problem_response(*error);
    return decision;
  }
  if (request.method == "OPTIONS" && request.target == "*") {
    decision.answer = options_response("DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT");
    return decision;
  }
  Result<Target> target = parse_target(request.target);
  if (!target) {
    decision.answer = problem_response(target.error());
    return decision;
  }
  decision.target = std::move(*target);
  Result<std::variant<Match, Allowed>> found = find_route(surface_, request.method, decision.target.segments);
  if (!found) {
    decision.answer = problem_response(found.error());
    return decision;
  }
  if (auto* allowed = std::get_if<Allowed>(&*found)) {
    decision.answer = request.method == "OPTIONS" ? options_response(std::move(allowed->methods))
                                                  : method_not_allowed(request.method, std::move(allowed->methods));
    return decision;
  }
  auto& match = std::get<Match>(*found);
  decision.route = match.route;
  decision.name = std::move(match.name);
  const bool open = surface_ == Surface::probes || match.route->role == Role::none;
  if (!open && !connection_.identity().admin) {
    decision.answer = problem_response({Kind::forbidden, connection_.identity().refusal, 0, {}});
    return decision;
  }
  if (!match.route->body) return decision;
  const bool patch = match.route->id == RouteId::patch_jail;
  const Result<void> typed = check_body_type(request, patch ? BodyType::json_or_merge_patch : BodyType::json);
  if (!typed) decision.answer = unsupported_media_type(typed.error(), match.route->id);
  return decision;
}

asio::awaitable<Response> Session::make_answer(Request& request, const Decision& decision) {
  if (decision.answer) {
    co_await reader_.drop_body();
    co_return *decision.answer;
  }
  const Result<void> read = co_await reader_.read_body(request);
  if (!read) {
    ends_ = true;
    co_return problem_response(read.error());
  }
  Call call{request,        decision.target,       decision.name, connection_.identity().by,
            state_.service, state_.options.limits, connection_};
  asio::awaitable<Response> handling = handle(decision.route->id, call);
  Response response = co_await std::move(handling);
  connection_.unwatch();
  if (response.status == traits(Kind::unsupported_media_type).http_status)
    response.fields.emplace_back("Accept", "application/json");
  if (response.goes_on() && request.method != "HEAD" && !slot_.take(state_)) {
    co_return problem_response({Kind::overloaded, "too many event streams and logs are open", 0, {}});
  }
  co_return response;
}

asio::awaitable<bool> Session::send(const Response& response, std::string_view method, bool keep) {
  const std::string head = header_text(response, reader_.http_minor(), keep);
  const std::string_view body = method == "HEAD" ? std::string_view{} : payload(response);
  const bool sent = co_await connection_.write(head, body);
  co_return sent;
}

// Whether the answer became whole, so that the client can be told so.
asio::awaitable<bool> Session::go_on(const Response& response) {
  connection_.set_interruptible(true);
  if (response.log) {
    LogFeed feed(connection_, state_.service, state_.options.limits, *response.log, reader_.http_minor() > 0);
    const bool whole = co_await feed.run();
    co_return whole;
  }
  EventStream stream(connection_, state_.service, state_.options.limits, *response.stream);
  co_await stream.run();
  co_return false;
}

// The labels must not grow with what clients make up.
void Session::count(std::string_view method, const Route* route, int status, Clock::time_point since) {
  constexpr std::array<std::string_view, 7> known{"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"};
  const bool is_known = std::find(known.begin(), known.end(), method) != known.end();
  state_.service.count_request(is_known ? method : "other", route != nullptr ? route->path : "other", status,
                               Clock::now() - since);
}

asio::awaitable<bool> Session::one_request() {
  std::optional<Result<Request>> head = co_await reader_.read_head();
  if (!head) co_return false;
  const Clock::time_point since = Clock::now();
  if (!*head) {
    const Response broken = problem_response(head->error());
    count("", nullptr, broken.status, since);
    const bool told = co_await send(broken, "", false);
    if (told) co_await connection_.linger();
    co_return false;
  }
  Request request = std::move(**head);
  const Decision decision = decide(request);
  Response response = co_await make_answer(request, decision);
  if (connection_.waiter()->abandoned()) co_return false;
  const bool streaming = response.goes_on() && request.method != "HEAD";
  const bool keep = !streaming && reader_.keep_alive() && !ends_ && !connection_.ending();
  count(request.method, decision.route, response.status, since);
  const bool sent = co_await send(response, request.method, keep);
  if (!sent) co_return false;
  if (streaming) {
    const bool whole = co_await go_on(response);
    if (whole) co_await connection_.linger();
    co_return false;
  }
  if (!keep) co_await connection_.linger();
  co_return keep && !connection_.ending();
}

}  // namespace

asio::awaitable<void> serve(std::shared_ptr<Connection> connection, std::shared_ptr<ServerState> state,
                            Surface surface) {
  Session session(*connection, *state, surface);
  bool more = true;
  while (more) more = co_await session.one_request();
  connection->cut();
}

}  // namespace jaild::server
