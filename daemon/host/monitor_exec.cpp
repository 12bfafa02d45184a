#include "daemon/host/monitor_exec.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include "daemon/host/pass_fds.h"
#include "daemon/monitor/protocol.h"

namespace jaild::host {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using nlohmann::json;
using Descriptor = asio::posix::stream_descriptor;

constexpr std::chrono::milliseconds signal_patience{10'000};
// After the command exited: all that it wrote is in its pipe, and a pipe holds far less. What a child that it left
// behind goes on writing is nobody's.
constexpr std::size_t left_in_pipes_max = 1024 * 1024;

// What the monitor gets and what stays here.
struct Ends {
  std::vector<UniqueFd> theirs;  // in the order of protocol.h
  UniqueFd lifeline;
  UniqueFd in;
  UniqueFd out;
  UniqueFd err;
};

Result<void> make_pipe(UniqueFd& reader, UniqueFd& writer) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return Fail(Kind::overloaded, "pipe for the command", errno);
  reader.reset(ends[0]);
  writer.reset(ends[1]);
  return {};
}

Result<Ends> make_ends(bool terminal) {
  Ends ends;
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0) {
    return Fail(Kind::overloaded, "socket for the command", errno);
  }
  ends.lifeline.reset(pair[0]);
  ends.theirs.emplace_back(pair[1]);
  if (terminal) return ends;
  ends.theirs.resize(4);
  for (const auto& made :
       {make_pipe(ends.theirs[1], ends.in), make_pipe(ends.out, ends.theirs[2]), make_pipe(ends.err, ends.theirs[3])}) {
    if (!made) return Fail(made.error());
  }
  return ends;
}

json exec_json(const ExecRequest& request) {
  json env = json::array();
  for (const auto& [name, value] : request.env) env.push_back(name + "=" + value);
  json command{{"argv", request.command},
               {"env", std::move(env)},
               {"user", request.user},
               {"directory", request.cwd},
               {"login_class", request.login_class},
               {"fib", request.fib},
               {"timeout_ms", std::chrono::milliseconds(request.timeout).count()}};
  if (request.terminal) {
    command["terminal"] = {{"columns", request.terminal->columns}, {"rows", request.terminal->rows}};
  }
  return {{"request", "exec"}, {"command", std::move(command)}, {"fds", request.terminal ? 1 : 4}};
}

ExecExit exec_exit_of(const json& note) {
  ExecExit exit;
  if (note.contains("code")) exit.code = static_cast<int>(json_number(note, "code"));
  exit.signal = static_cast<int>(json_number(note, "signal"));
  exit.timed_out = json_flag(note, "timed_out");
  if (!exit.code && exit.signal == 0) exit.signal = SIGKILL;  // the monitor could not tell: it had to be killed
  return exit;
}

// Whether it is the command that failed, rather than the way to it.
bool is_about_command(Kind kind) {
  return kind != Kind::not_running && kind != Kind::overloaded && kind != Kind::unavailable && kind != Kind::timeout &&
         kind != Kind::invalid;
}

// Everything but the constructor on the link's thread. Lives as long as somebody waits for something of it.
class MonitorExec : public std::enable_shared_from_this<MonitorExec> {
 public:
  MonitorExec(asio::io_context& io, MonitorLink& link, std::uint64_t run, Ends ends)
      : io_(io),
        link_(link),
        run_(run),
        lifeline_(std::move(ends.lifeline)),
        in_(io),
        outputs_{Output(io), Output(io)} {
    if (ends.in) use(in_, std::move(ends.in));
    if (ends.out) use(outputs_[0].descriptor, std::move(ends.out));
    if (ends.err) use(outputs_[1].descriptor, std::move(ends.err));
    outputs_[1].stream = ExecStream::errors;
  }

  void ask(json request, std::vector<UniqueFd> theirs, ExecStarted done);
  void exited(Result<json> note);

  void read(std::function<void(Result<ExecEvent>)> done) {
    wanted_ = std::move(done);
    give();
  }
  void write(std::string bytes, std::function<void()> taken);
  void resize(TerminalSize size);
  void signal(int number);
  void hang_up();
  asio::io_context& io() { return io_; }

 private:
  struct Output {
    explicit Output(asio::io_context& io) : descriptor(io) {}
    Descriptor descriptor;
    ExecStream stream = ExecStream::output;
    bool waits = false;
  };

  static void use(Descriptor& descriptor, UniqueFd fd) {
    descriptor.assign(fd.release());
    error_code ignored;  // it is a pipe or a terminal of ours
    descriptor.non_blocking(true, ignored);
  }
  static void close(Descriptor& descriptor) {
    error_code ignored;
    descriptor.close(ignored);
  }
  Result<void> take_terminal();
  void started(Result<json> answer, const ExecStarted& done);
  void give();
  // True: something was handed to the reader.
  bool give_from(Output& output);
  void wait(Output& output);

  asio::io_context& io_;
  MonitorLink& link_;
  const std::uint64_t run_;
  std::int64_t id_ = 0;  // of the request
  UniqueFd lifeline_;
  Descriptor in_;
  std::array<Output, 2> outputs_;
  std::size_t next_ = 0;  // which output is looked at first: they take turns
  bool terminal_ = false;
  std::size_t left_ = left_in_pipes_max;
  std::optional<Result<ExecExit>> exit_;
  std::function<void(Result<ExecEvent>)> wanted_;
};

// What the runtime holds.
class Handle final : public ExecSession {
 public:
  explicit Handle(std::shared_ptr<MonitorExec> exec) : exec_(std::move(exec)) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() override {
    post([](MonitorExec& exec) { exec.hang_up(); });
  }
  void read(std::function<void(Result<ExecEvent>)> done) override {
    post([done = std::move(done)](MonitorExec& exec) mutable { exec.read(std::move(done)); });
  }
  void write(std::string bytes, std::function<void()> taken) override {
    post([bytes = std::move(bytes), taken = std::move(taken)](MonitorExec& exec) mutable {
      exec.write(std::move(bytes), std::move(taken));
    });
  }
  void resize(TerminalSize size) override {
    post([size](MonitorExec& exec) { exec.resize(size); });
  }
  void signal(int number) override {
    post([number](MonitorExec& exec) { exec.signal(number); });
  }

 private:
  template <class Work>
  void post(Work work) {
    asio::post(exec_->io(), [exec = exec_, work = std::move(work)]() mutable { work(*exec); });
  }

  std::shared_ptr<MonitorExec> exec_;
};

void MonitorExec::ask(json request, std::vector<UniqueFd> theirs, ExecStarted done) {
  terminal_ = request["command"].contains("terminal");
  const auto self = shared_from_this();
  link_.exec(
      run_, std::move(request), std::move(theirs),
      [self, done = std::move(done)](Result<json> answer) { self->started(std::move(answer), done); },
      [self](Result<json> note) { self->exited(std::move(note)); });
}

void MonitorExec::started(Result<json> answer, const ExecStarted& done) {
  if (answer) {
    id_ = json_number(*answer, "id");
    if (terminal_) {
      if (auto taken = take_terminal(); !taken) {
        hang_up();
        return done(Fail(taken.error()));
      }
    }
  } else if (is_about_command(answer.error().kind)) {
    const int code = answer.error().os_errno == ENOENT ? 127 : 126;
    exited(json{{"code", code}});
    (*exit_)->error = answer.error().message;
  } else if (answer.error().message == monitor::unknown_request) {
    return done(Fail(Kind::conflict, "the jail's monitor is of an earlier jaild: restart the jail"));
  } else {
    return done(Fail(answer.error()));
  }
  done(std::make_unique<Handle>(shared_from_this()));
}

// It was sent before the command was exec'ed, hence before the answer.
Result<void> MonitorExec::take_terminal() {
  std::vector<UniqueFd> fds;
  char byte = 0;
  const ssize_t got = receive_with_fds(lifeline_.get(), &byte, 1, fds, MSG_DONTWAIT);
  if (got != 1 || fds.size() != 1) return Fail(Kind::internal, "the terminal of the command did not come");
  UniqueFd copy(::fcntl(fds[0].get(), F_DUPFD_CLOEXEC, 0));
  if (!copy) return Fail(Kind::overloaded, "descriptor for the terminal", errno);
  use(in_, std::move(copy));
  use(outputs_[0].descriptor, std::move(fds[0]));
  return {};
}

void MonitorExec::exited(Result<json> note) {
  if (exit_) return;
  if (note) {
    exit_ = exec_exit_of(*note);
  } else {
    exit_ = Result<ExecExit>(Fail(note.error()));
  }
  give();
}

void MonitorExec::give() {
  if (!wanted_) return;
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    const std::size_t which = (next_ + i) % outputs_.size();
    if (!give_from(outputs_[which])) continue;
    next_ = which + 1;
    return;
  }
  const bool open = outputs_[0].descriptor.is_open() || outputs_[1].descriptor.is_open();
  if (!exit_ || open) return;
  const auto done = std::exchange(wanted_, nullptr);
  done(*exit_ ? Result<ExecEvent>(**exit_) : Result<ExecEvent>(Fail(exit_->error())));
}

bool MonitorExec::give_from(Output& output) {
  if (!output.descriptor.is_open()) return false;
  std::string bytes(exec_piece_bytes, '\0');
  ssize_t got = -1;
  do {
    got = ::read(output.descriptor.native_handle(), bytes.data(), bytes.size());
  } while (got < 0 && errno == EINTR);
  const bool empty = got < 0 && errno == EAGAIN;
  if (empty && !exit_) {
    wait(output);
    return false;
  }
  // The end, which a terminal tells as an error; or nothing more of a command that has exited.
  if (got <= 0 || (exit_ && left_ < static_cast<std::size_t>(got))) {
    close(output.descriptor);
    return false;
  }
  if (exit_) left_ -= static_cast<std::size_t>(got);
  bytes.resize(static_cast<std::size_t>(got));
  const auto done = std::exchange(wanted_, nullptr);
  done(ExecEvent(ExecOutput{output.stream, std::move(bytes)}));
  return true;
}

void MonitorExec::wait(Output& output) {
  if (std::exchange(output.waits, true)) return;
  output.descriptor.async_wait(Descriptor::wait_read, [self = shared_from_this(), &output](error_code) {
    output.waits = false;
    self->give();
  });
}

void MonitorExec::write(std::string bytes, std::function<void()> taken) {
  if (bytes.empty() && terminal_) bytes = "\x04";  // as the keyboard says it
  if (bytes.empty() || !in_.is_open()) {
    close(in_);
    return taken();
  }
  auto kept = std::make_shared<std::string>(std::move(bytes));
  asio::async_write(in_, asio::buffer(*kept),
                    [self = shared_from_this(), kept, taken = std::move(taken)](error_code error, std::size_t) {
                      if (error) close(self->in_);  // it reads no more
                      taken();
                    });
}

void MonitorExec::resize(TerminalSize size) {
  if (!terminal_ || !in_.is_open()) return;
  winsize window{};
  window.ws_col = static_cast<unsigned short>(size.columns);
  window.ws_row = static_cast<unsigned short>(size.rows);
  ::ioctl(in_.native_handle(), TIOCSWINSZ, &window);  // refused: the command is ending
}

void MonitorExec::signal(int number) {
  link_.send(run_, {{"request", "signal"}, {"target", id_}, {"signal", number}}, signal_patience,
             [](const Result<json>&) {});  // refused: it has ended
}

void MonitorExec::hang_up() {
  wanted_ = nullptr;
  lifeline_.reset();
  close(in_);
  for (Output& output : outputs_) close(output.descriptor);
}

}  // namespace

void exec_by_monitor(asio::io_context& io, MonitorLink& link, const core::JailKey& key, ExecRequest request,
                     ExecStarted done) {
  auto ends = make_ends(request.terminal.has_value());
  if (!ends) return done(Fail(ends.error()));
  auto theirs = std::move(ends->theirs);
  auto exec = std::make_shared<MonitorExec>(io, link, key.run, std::move(*ends));
  exec->ask(exec_json(request), std::move(theirs), std::move(done));
}

}  // namespace jaild::host
