#include "api/server/session.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "api/contract/mistakes.h"
#include "api/server/access.h"
#include "api/server/conditions.h"
#include "api/server/event_stream.h"
#include "api/server/exec_socket.h"
#include "api/server/handlers.h"
#include "api/server/log_feed.h"
#include "api/server/request_reader.h"
#include "api/server/target.h"
#include "api/server/token_watch.h"

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
  Requester who;           // where there is no answer yet
  Role role = Role::none;  // that `who` has
  bool entitled = false;   // whether it took a role to get so far
};

struct Asker {
  Requester who;
  Role role = Role::none;
};

class Session {
 public:
  Session(Connection& connection, ServerState& state)
      : connection_(connection), state_(state), place_(connection.place()), reader_(connection) {}

  // Whether another request may follow.
  asio::awaitable<bool> one_request();

 private:
  [[nodiscard]] Decision decide(const Request& request) const;
  [[nodiscard]] Result<void> check_origin(const Request& request) const;
  [[nodiscard]] Result<Asker> check_role(const Request& request, const Route& route) const;
  asio::awaitable<Response> make_answer(Request& request, const Decision& decision, Bytes& bytes);
  asio::awaitable<bool> send(const Response& response, std::string_view method, bool keep);
  void end_with_token(const Request& request);
  void end_with_strangers(const Decision& decision);
  asio::awaitable<bool> go_on(const Response& response, Bytes& bytes);
  void count_hold(const Request& request, const Decision& decision);
  void count(std::string_view method, const Route* route, int status, Clock::time_point since);

  Connection& connection_;
  ServerState& state_;
  Place& place_;
  RequestReader reader_;
  std::optional<TokenWatch> token_watch_;
  Share stream_;       // held until the session ends, for a stream is its last answer
  bool ends_ = false;  // after this answer
  std::size_t unidentified_ = 0;
};

Response options_response(std::string methods) {
  Response response;
  response.status = 204;
  response.fields.emplace_back("Allow", std::move(methods));
  return response;
}

Response method_not_allowed(const std::string& method, std::string methods) {
  constexpr std::size_t shown = 32;  // bytes of a method
  Response response = problem_response(
      {Kind::method_not_allowed, "this path has no " + in_short(method, shown) + ", but " + methods, 0, {}});
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

// Whom a token is from is as much of a secret as the token: a stranger only learns that one is wanted (RFC 6750, 3).
Response not_allowed(const Error& error, bool local, bool tried) {
  Response response = problem_response(error);
  if (local) return response;
  std::string challenge = "Bearer realm=\"jaild\"";
  if (error.kind == Kind::forbidden) challenge += ", error=\"insufficient_scope\"";
  if (error.kind == Kind::unauthorized && tried) challenge += ", error=\"invalid_token\"";
  response.fields.emplace_back("WWW-Authenticate", std::move(challenge));
  return response;
}

Result<void> Session::check_origin(const Request& request) const {
  // A Unix socket is no place for pages, but ssh -L and the like make a port of it.
  if (place_.local() && !request.of_browser) return check_host_form(request);
  Result<void> host = check_host(request, state_.options.hosts);
  if (!host) return host;
  return check_browser(request);
}

// Who asks, if they may: by the peer's credentials on a Unix socket, by the token over TCP.
Result<Asker> Session::check_role(const Request& request, const Route& route) const {
  const Identity& identity = connection_.identity();
  if (place_.surface == Surface::probes || route.role == Role::none) return Asker{identity.who, identity.role};
  if (place_.local()) {
    if (identity.role >= route.role) return Asker{identity.who, identity.role};
    const std::string why =
        identity.refusal.empty() ? lacks_role(identity.who.by, identity.role, route.role) : identity.refusal;
    return Fail(Kind::forbidden, why);
  }
  const Result<std::string_view> secret = bearer_secret(request);
  if (!secret) return Fail(secret.error());
  const Result<Token> token = state_.service.authenticate(*secret);
  if (!token) return Fail(token.error());
  const std::string by = "token " + token->name + " (" + token->id + ")";
  if (token->role >= route.role) return Asker{{by, identity.who.from}, token->role};
  return Fail(Kind::forbidden, lacks_role(by, token->role, route.role));
}

Decision Session::decide(const Request& request) const {
  Decision decision;
  if (const Result<void> good = check_origin(request); !good) {
    decision.answer = problem_response(good.error());
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
  Result<std::variant<Match, Allowed>> found = find_route(place_.surface, request.method, decision.target.segments);
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
  Result<Asker> asker = check_role(request, *match.route);
  if (!asker) {
    decision.answer = not_allowed(asker.error(), place_.local(), request.authorization.has_value());
    return decision;
  }
  decision.who = std::move(asker->who);
  decision.role = asker->role;
  decision.entitled = place_.surface == Surface::full && match.route->role != Role::none;
  if (!match.route->body) return decision;
  const bool patch = match.route->id == RouteId::patch_jail;
  const Result<void> typed = check_body_type(request, patch ? BodyType::json_or_merge_patch : BodyType::json);
  if (!typed) decision.answer = unsupported_media_type(typed.error(), match.route->id);
  return decision;
}

// An answer that would be too much to hold gives way to a short one. Small ones never do, or nobody could be told
// anything: there are no more of them than connections.
void hold_answer(Response& response, const Request& request, Bytes& bytes) {
  constexpr std::size_t small_answer = 16 * 1024;
  const std::size_t size = response.body.capacity();
  if (bytes.hold(size) || size <= small_answer) return;
  const bool reads = request.method == "GET" || request.method == "HEAD";
  response = problem_response({Kind::overloaded,
                               std::string("too much that was sent to you is not yet read") +
                                   (reads ? "" : "; what you asked was done, only its answer is left out"),
                               0,
                               {}});
  static_cast<void>(bytes.hold(0));
}

asio::awaitable<Response> Session::make_answer(Request& request, const Decision& decision, Bytes& bytes) {
  HoldTimer& hold = connection_.waiter()->hold();
  hold.pause();
  if (decision.answer) {
    co_await reader_.drop_body();
    hold.resume();
    co_return *decision.answer;
  }
  const Result<void> read = co_await reader_.read_body(request, bytes);
  hold.resume();
  if (!read) {
    ends_ = true;
    request.body = {};  // now, for the connection lingers
    static_cast<void>(bytes.hold(0));
    co_return problem_response(read.error());
  }
  const bool exec = decision.route->id == RouteId::exec_once || decision.route->id == RouteId::exec_stream;
  if (exec) end_with_token(request);
  Call call{request, decision.target, decision.name, decision.who, state_.service, place_.limits, connection_, bytes};
  asio::awaitable<Response> handling = handle(decision.route->id, call);
  Response response = co_await std::move(handling);
  connection_.unwatch();
  request.body = {};
  hold_answer(response, request, bytes);
  if (response.status == traits(Kind::unsupported_media_type).http_status)
    response.fields.emplace_back("Accept", "application/json");
  const bool lasts = response.exec || (response.goes_on() && request.method != "HEAD");
  if (lasts && !stream_.take(place_.streams, decision.who.by, place_.limits.streams)) {
    co_return problem_response({Kind::overloaded, "too many event streams, logs and WebSockets are open", 0, {}});
  }
  co_return response;
}

asio::awaitable<bool> Session::send(const Response& response, std::string_view method, bool keep) {
  const std::string head = header_text(response, reader_.http_minor(), keep);
  const std::string_view body = method == "HEAD" ? std::string_view{} : payload(response);
  const bool sent = co_await connection_.write(head, body);
  co_return sent;
}

void Session::end_with_token(const Request& request) {
  if (place_.local() || place_.surface == Surface::probes) return;
  const Result<std::string_view> secret = bearer_secret(request);
  if (!secret) return;
  token_watch_.emplace(connection_, state_.service, std::string(*secret));
}

// Who shows no identity gets so many answers over one connection, then makes another one and its place is free for
// others.
void Session::end_with_strangers(const Decision& decision) {
  if (decision.entitled || connection_.identity().role != Role::none) return;
  if (++unidentified_ >= place_.limits.unidentified_requests) ends_ = true;
}

// Whether the answer became whole, so that the client can be told so.
asio::awaitable<bool> Session::go_on(const Response& response, Bytes& bytes) {
  connection_.set_interruptible(true);
  if (response.log) {
    LogFeed feed(connection_, state_.service, place_.limits, *response.log, reader_.http_minor() > 0);
    const bool whole = co_await feed.run();
    co_return whole;
  }
  EventStream stream(connection_, state_.service, place_.limits, *response.stream, bytes);
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

void Session::count_hold(const Request& request, const Decision& decision) {
  HoldTimer& hold = connection_.waiter()->hold();
  hold.pause();
  state_.service.count_hold(request.method, decision.route->path, decision.name, hold.longest());
}

asio::awaitable<bool> Session::one_request() {
  std::optional<Result<Request>> head = co_await reader_.read_head();
  if (!head) co_return false;
  const Clock::time_point since = Clock::now();
  connection_.waiter()->hold().begin();
  if (!*head) {
    const Response broken = problem_response(head->error());
    count("", nullptr, broken.status, since);
    connection_.set_unasked(true);
    const bool told = co_await send(broken, "", false);
    if (told) co_await connection_.linger();
    co_return false;
  }
  Request request = std::move(**head);
  token_watch_.reset();  // each request shows its own token
  Decision decision = decide(request);
  Share under_way;  // until the answer is taken, for it holds a connection so long
  if (!decision.answer && !under_way.take(place_.requests, decision.who.by, place_.limits.connections)) {
    decision.answer = problem_response({Kind::overloaded, "too many of your requests are under way here", 0, {}});
  }
  end_with_strangers(decision);
  Bytes bytes(state_.bytes, decision.who.by, decision.role);  // until the answer is taken, likewise
  Response response = co_await make_answer(request, decision, bytes);
  if (connection_.waiter()->abandoned()) co_return false;
  if (response.exec) {
    count(request.method, decision.route, response.status, since);
    count_hold(request, decision);
    connection_.set_interruptible(true);
    const auto socket =
        std::make_shared<ExecSocket>(connection_.shared_from_this(), state_.service, *response.exec, decision.who);
    co_await socket->run(reader_.header());
    co_return false;
  }
  const bool streaming = response.goes_on() && request.method != "HEAD";
  // Who sends what cannot be read may have meant something else by the next bytes, too.
  const bool readable = response.status != traits(Kind::bad_request).http_status;
  const bool keep = !streaming && readable && reader_.keep_alive() && !ends_ && !connection_.ending();
  count(request.method, decision.route, response.status, since);
  // A stranger who is slow to take the answer gives way as one does who asks nothing.
  if (!decision.entitled) connection_.set_unasked(true);
  if (decision.route != nullptr) count_hold(request, decision);
  const bool sent = co_await send(response, request.method, keep);
  if (!sent) co_return false;
  if (streaming) {
    end_with_token(request);
    const bool whole = co_await go_on(response, bytes);
    if (whole) co_await connection_.linger();
    co_return false;
  }
  if (!keep) co_await connection_.linger();
  co_return keep && !connection_.ending();
}

}  // namespace

asio::awaitable<void> serve(std::shared_ptr<Connection> connection, std::shared_ptr<ServerState> state) {
  Session session(*connection, *state);
  bool more = true;
  while (more) more = co_await session.one_request();
  connection->cut();
}

}  // namespace jaild::server
