// POST and GET /jails/{name}/exec: a command in a running jail.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/contract/exec.h"
#include "api/contract/json.h"
#include "api/server/handlers.h"

namespace jaild::server {

namespace {

// Beyond the command's own timeout: TERM, KILL, and a machine under load.
constexpr std::chrono::seconds exit_slack{30};

Result<ExecRequest> read_request(const Call& call) {
  if (auto good = no_parameters(call); !good) return Fail(good.error());
  const auto body = parse_json(call.request.body);
  if (!body) return Fail(body.error());
  return parse_exec_request(*body, ExecWay::once);
}

// 16 bytes in base64 (RFC 6455, 4.2.1); the last four bits may be anything.
bool is_websocket_key(std::string_view key) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  constexpr std::size_t key_digits = 22;
  return key.find_first_not_of(digits) == key_digits && key.substr(key_digits) == "==";
}

// What the command wrote to one stream, as far as it is kept.
class Kept {
 public:
  explicit Kept(std::size_t most) : most_(most) {}
  void add(const std::string& bytes) {
    const std::size_t room = most_ - text_.size();
    truncated_ = truncated_ || bytes.size() > room;
    text_.append(bytes, 0, room);
  }
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool truncated() const { return truncated_; }

 private:
  std::size_t most_;
  std::string text_;
  bool truncated_ = false;
};

// The next output, or the exit. Ends also when the client may no longer: its token was deleted or has expired.
boost::asio::awaitable<Result<ExecEvent>> next_event(Call& call, ExecProcess& process,
                                                     Waiter::Clock::time_point deadline) {
  Pending<ExecEvent> pending(call.connection.waiter());
  process.read(pending.done());
  for (;;) {  // bounded by the deadline
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Waiter::Clock::now());
    auto event = co_await pending.get(std::clamp(left, std::chrono::milliseconds{0}, call.limits.exec_look));
    if (!call.connection.permitted()) co_return Fail(Kind::unauthorized, "the token is no longer valid");
    if (event || event.error().kind != Kind::timeout || Waiter::Clock::now() >= deadline) co_return event;
  }
}

void give_input(const std::shared_ptr<ExecProcess>& process, std::string input) {
  const auto end = [weak = std::weak_ptr(process)] {
    if (const auto alive = weak.lock()) alive->write("", [] {});
  };
  if (input.empty()) return end();
  process->write(std::move(input), end);
}

}  // namespace

boost::asio::awaitable<Response> exec_once(Call& call) {
  auto request = read_request(call);
  if (!request) co_return problem_response(request.error());
  call.connection.watch();  // a client that goes away ends its command
  const auto patience = request->timeout + exit_slack;
  std::string input = std::exchange(request->input, "");
  Pending<std::shared_ptr<ExecProcess>> starting(call.connection.waiter());
  call.service.exec(call.name, std::move(*request), call.who, starting.done());
  const auto process = co_await starting.get(call.limits.answer_time);
  if (!process) co_return problem_response(process.error());
  give_input(*process, std::move(input));
  Kept output(call.limits.exec_output_bytes);
  Kept errors(call.limits.exec_output_bytes);
  const auto deadline = Waiter::Clock::now() + patience;
  while (true) {
    const auto event = co_await next_event(call, **process, deadline);
    if (!event) co_return problem_response(event.error());
    if (const auto* piece = std::get_if<ExecOutput>(&*event)) {
      (piece->stream == ExecStream::errors ? errors : output).add(piece->bytes);
      continue;
    }
    nlohmann::json body = to_json(std::get<ExecExit>(*event));
    body["stdout"] = output.text();
    body["stderr"] = errors.text();
    body["truncated"] = output.truncated() || errors.truncated();
    co_return json_response(200, body);
  }
}

boost::asio::awaitable<Response> exec_stream(Call& call) {
  if (auto good = no_parameters(call); !good) co_return problem_response(good.error());
  if (call.request.origin) co_return problem_response({Kind::forbidden, "web pages are given no commands", 0, {}});
  const auto object = call.service.get(call.name);
  if (!object) co_return problem_response(object.error());
  if (!object->status.jid) {
    co_return problem_response({Kind::not_running, call.name + " is not running", 0, {}});
  }
  if (!call.request.upgrade) {
    Response response = problem_response(
        {Kind::upgrade_required, "this call is a WebSocket of version 13; POST runs a command once", 0, {}});
    response.fields.emplace_back("Upgrade", "websocket");
    response.fields.emplace_back("Connection", "upgrade");  // RFC 9110, 7.8: wherever Upgrade is
    response.fields.emplace_back("Sec-WebSocket-Version", "13");
    co_return response;
  }
  if (!is_websocket_key(call.request.websocket_key.value_or(""))) {
    co_return problem_response({Kind::bad_request, "Sec-WebSocket-Key must be 16 bytes in base64, and once", 0, {}});
  }
  // Who sends before the handshake is answered has not read RFC 6455, and Beast would lose it.
  if (call.connection.buffer().size() > 0) {
    co_return problem_response({Kind::bad_request, "something follows the handshake before its answer", 0, {}});
  }
  Response response;
  response.status = 101;
  response.exec = call.name;
  co_return response;
}

}  // namespace jaild::server
