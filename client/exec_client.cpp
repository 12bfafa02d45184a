#include "client/exec_client.h"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <deque>
#include <ostream>
#include <utility>

#include <nlohmann/json.hpp>

#include "api/contract/json.h"
#include "client/connection.h"
#include "client/jail_api.h"
#include "client/problem.h"
#include "client/raw_terminal.h"
#include "client/stream.h"

namespace jaild::client {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;

using nlohmann::json;

namespace {

constexpr std::chrono::seconds handshake_time{30};
constexpr std::size_t input_piece = 16 * 1024;
// Far beyond a piece of output with its first byte.
constexpr std::size_t message_bytes_max = 1024 * 1024;
// How long jaild may take to confirm that the command goes on without us.
constexpr std::chrono::seconds detach_time{10};

class ExecClient {
 public:
  ExecClient(const Endpoint& endpoint, ExecOptions options, Terminal& terminal)
      : endpoint_(endpoint),
        options_(std::move(options)),
        terminal_(terminal),
        socket_(loop_),
        input_(loop_),
        resized_(loop_),
        detaching_(loop_) {}

  Result<void> open(const std::string& jail);
  Result<ExecEnd> run(const ExecRequest& request);

 private:
  void read_next();
  void take_message(std::string_view bytes);
  void take_report(const json& report);
  void print(std::ostream& stream, std::string_view bytes);
  void begin_input();
  bool watch_input();
  void wait_for_input();
  void take_input();
  void take_typed(std::string typed);
  void take_next();
  void detach();
  void wait_for_resize();
  void send(bool binary, std::string bytes);
  void write_next();
  void finish(Result<ExecEnd> end);

  const Endpoint& endpoint_;
  ExecOptions options_;
  Terminal& terminal_;
  asio::io_context loop_{1};
  websocket::stream<Stream> socket_;
  asio::posix::stream_descriptor input_;
  asio::signal_set resized_;
  asio::steady_timer detaching_;  // its deadline
  beast::flat_buffer buffer_;
  struct Message {
    bool binary = false;
    std::string bytes;
  };
  std::deque<Message> messages_;  // at most one of them is input
  bool writing_ = false;
  bool interactive_ = false;
  bool input_waits_ = true;    // for what can be waited for; a regular file is always ready
  bool size_changed_ = false;  // and is not told yet
  bool detached_ = false;      // and what comes is for nobody
  std::optional<Result<ExecEnd>> end_;
};

Result<void> ExecClient::open(const std::string& jail) {
  const Result<void> connected = connect(loop_, socket_.next_layer(), endpoint_);
  if (!connected) return connected;
  socket_.next_layer().expires_never();
  // Silence is the daemon's business: it pings, and a terminal that nobody uses is no reason to end.
  socket_.set_option(websocket::stream_base::timeout{handshake_time, websocket::stream_base::none(), false});
  socket_.set_option(websocket::stream_base::decorator([this](websocket::request_type& request) {
    request.set(beast::http::field::user_agent, "jailctl/" JAILD_VERSION);
    if (!endpoint_.token.empty()) request.set(beast::http::field::authorization, "Bearer " + endpoint_.token);
  }));
  socket_.read_message_max(message_bytes_max);
  websocket::response_type answer;
  const std::string target = request_for(RouteId::exec_stream, jail, "").target;
  const beast::error_code failed =
      complete(loop_, [&](auto handler) { socket_.async_handshake(answer, endpoint_.host_header(), target, handler); });
  if (failed == websocket::error::upgrade_declined) {
    HttpResponse refusal;
    refusal.status = static_cast<int>(answer.result_int());
    refusal.body = answer.body();
    return Fail(error_from(refusal));
  }
  if (failed) return Fail(broken(endpoint_, failed, handshake_time));
  return {};
}

Result<ExecEnd> ExecClient::run(const ExecRequest& request) {
  interactive_ = request.terminal.has_value();
  send(false, to_text(to_json(request)));
  read_next();
  begin_input();
  if (interactive_) {
    beast::error_code ignored;  // then the size stays what it is
    resized_.add(SIGWINCH, ignored);
    wait_for_resize();
  }
  loop_.restart();
  loop_.run();
  return std::move(*end_);
}

void ExecClient::finish(Result<ExecEnd> end) {
  if (!end_) end_ = std::move(end);
  loop_.stop();
}

// ---- from the daemon

void ExecClient::read_next() {
  socket_.async_read(buffer_, [this](beast::error_code failed, std::size_t) {
    if (failed == websocket::error::closed && detached_) return finish(ExecEnd{true, {}});
    if (failed) return finish(Fail(broken(endpoint_, failed, handshake_time)));
    const auto bytes = buffer_.cdata();
    take_message({static_cast<const char*>(bytes.data()), bytes.size()});
    buffer_.consume(buffer_.size());
    if (!end_) read_next();
  });
}

void ExecClient::take_message(std::string_view bytes) {
  if (socket_.got_text()) {
    const Result<json> report = parse_json(bytes);
    return report ? take_report(*report) : finish(Fail(Error{Kind::internal, "the daemon's report is no JSON", 0, {}}));
  }
  if (bytes.empty() || detached_ || options_.leave) return;
  const bool errors = bytes[0] == static_cast<char>(ExecStream::errors);
  print(errors ? terminal_.err : terminal_.out, bytes.substr(1));
}

void ExecClient::take_report(const json& report) {
  if (report.contains("exit")) {
    auto exit = parse_exec_exit(report["exit"]);
    return finish(exit ? Result<ExecEnd>(ExecEnd{false, std::move(*exit)}) : Result<ExecEnd>(Fail(exit.error())));
  }
  if (report.contains("started") && options_.leave) return detach();
  if (!report.contains("error")) return;
  HttpResponse refusal;
  const json& problem = report["error"];
  refusal.status = problem.is_object() && problem.contains("status") && problem["status"].is_number_integer()
                       ? problem["status"].get<int>()
                       : 500;
  refusal.body = to_text(problem);
  finish(Fail(error_from(refusal)));
}

// Waits for whoever reads our output; meanwhile nothing more is read, and the command waits too.
void ExecClient::print(std::ostream& stream, std::string_view bytes) {
  stream << bytes << std::flush;
  if (!stream.good()) finish(ExecEnd{false, ExecExit{{}, SIGPIPE, false, ""}});
}

// ---- to the daemon

void ExecClient::begin_input() {
  if (!options_.input || terminal_.in_descriptor < 0) return send(false, R"({"eof":true})");
  // kqueue(2) says nothing at the end of a regular file, epoll(7) takes none, and some devices are for neither.
  struct stat status{};
  const bool file = ::fstat(terminal_.in_descriptor, &status) == 0 && S_ISREG(status.st_mode);
  input_waits_ = !file && watch_input();
  wait_for_input();
}

// A copy, so that closing it leaves standard input alone. Nothing here makes it non-blocking: that would hold for
// everybody who shares it.
bool ExecClient::watch_input() {
  const int copy = ::fcntl(terminal_.in_descriptor, F_DUPFD_CLOEXEC, 3);
  if (copy < 0) return false;
  beast::error_code failed;
  input_.assign(copy, failed);
  if (failed) ::close(copy);
  return !failed;
}

void ExecClient::wait_for_input() {
  if (!input_waits_) return asio::post(loop_, [this] { take_input(); });
  input_.async_wait(asio::posix::stream_descriptor::wait_read, [this](beast::error_code failed) {
    if (failed == asio::error::operation_aborted) return;
    input_waits_ = !failed;
    take_input();
  });
}

void ExecClient::take_input() {
  std::array<char, input_piece> bytes;
  ssize_t got = -1;
  do {
    got = ::read(terminal_.in_descriptor, bytes.data(), bytes.size());
  } while (got < 0 && errno == EINTR);
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return wait_for_input();
  if (got <= 0) return send(false, R"({"eof":true})");
  take_typed(std::string(bytes.data(), static_cast<std::size_t>(got)));
}

void ExecClient::take_typed(std::string typed) {
  if (interactive_) typed = options_.detach_keys.filter(typed);
  if (!typed.empty()) return send(true, static_cast<char>(ExecStream::input) + typed);
  if (interactive_ && options_.detach_keys.complete()) return detach();
  wait_for_input();
}

// The end of the connection would hang the command up before jaild has read that it must not: it is jaild that closes.
void ExecClient::detach() {
  detached_ = true;
  send(false, R"({"detach":true})");
  detaching_.expires_after(detach_time);
  detaching_.async_wait([this](beast::error_code stopped) {
    if (!stopped) finish(Fail(Kind::timeout, "jaild did not confirm that the command goes on"));
  });
}

void ExecClient::wait_for_resize() {
  resized_.async_wait([this](beast::error_code stopped, int) {
    if (stopped) return;
    size_changed_ = true;
    write_next();
    wait_for_resize();
  });
}

void ExecClient::send(bool binary, std::string bytes) {
  messages_.push_back({binary, std::move(bytes)});
  write_next();
}

void ExecClient::write_next() {
  if (writing_) return;
  if (messages_.empty() && std::exchange(size_changed_, false)) {
    const TerminalSize size = terminal_size(terminal_.in_descriptor);
    messages_.push_back({false, to_text(json{{"resize", {{"columns", size.columns}, {"rows", size.rows}}}})});
  }
  if (messages_.empty()) return;
  writing_ = true;
  const Message& message = messages_.front();
  socket_.binary(message.binary);
  socket_.async_write(asio::buffer(message.bytes), [this](beast::error_code failed, std::size_t) {
    writing_ = false;
    if (failed) return;  // reading tells why
    const bool was_input = messages_.front().binary;
    messages_.pop_front();
    // The next input only now: a command that does not read holds us back too.
    if (was_input) take_next();
    write_next();
  });
}

void ExecClient::take_next() {
  if (interactive_ && options_.detach_keys.complete()) return detach();
  wait_for_input();
}

}  // namespace

Result<ExecEnd> run_exec(const Endpoint& endpoint, const std::string& jail, const ExecRequest& request,
                         ExecOptions options, Terminal& terminal) {
  ExecClient client(endpoint, std::move(options), terminal);
  if (const Result<void> opened = client.open(jail); !opened) return Fail(opened.error());
  if (!request.terminal) return client.run(request);
  const Result<RawTerminal> raw = RawTerminal::enter(terminal.in_descriptor);
  if (!raw) return Fail(raw.error());
  return client.run(request);
}

}  // namespace jaild::client
