#include "daemon/host/sim/sim_exec.h"

#include <csignal>
#include <utility>

#include "daemon/host/sim/monitors.h"

namespace jaild::host::sim {
namespace {

constexpr std::size_t held_max = 64 * 1024;  // a pipe's worth

std::string words_from(const std::vector<std::string>& words, std::size_t from) {
  std::string text;
  for (std::size_t i = from; i < words.size(); ++i) text += (i == from ? "" : " ") + words[i];
  return text;
}

class Session final : public ExecSession {
 public:
  Session(std::shared_ptr<SimExec> exec, std::function<void(std::function<void()>)> post)
      : exec_(std::move(exec)), post_(std::move(post)) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() override {
    post_([exec = exec_] { exec->hang_up(); });
  }
  void read(std::function<void(Result<ExecEvent>)> done) override {
    post_([exec = exec_, done = std::move(done)] { exec->read(done); });
  }
  void write(std::string bytes, std::function<void()> taken) override {
    post_([exec = exec_, bytes = std::move(bytes), taken = std::move(taken)] { exec->write(bytes, taken); });
  }
  void resize(TerminalSize /*size*/) override {}  // no program here looks at its terminal
  void signal(int number) override {
    post_([exec = exec_, number] { exec->signal(number); });
  }

 private:
  std::shared_ptr<SimExec> exec_;
  std::function<void(std::function<void()>)> post_;
};

}  // namespace

SimExec::Program SimExec::program_of(const ExecRequest& request) {
  if (request.command.empty()) return Program::cat;
  const std::string& path = request.command[0];
  const std::string name = path.substr(path.rfind('/') + 1);
  if (name == "echo") return Program::echo;
  if (name == "cat") return Program::cat;
  if (name == "yes") return Program::yes;
  return Program::silent;
}

SimExec::SimExec(std::shared_ptr<SimKernel> kernel, core::JailKey key, std::uint64_t ticket, const ExecRequest& request)
    : kernel_(std::move(kernel)), key_(std::move(key)), ticket_(ticket), program_(program_of(request)) {
  line_ = words_from(request.command, 0);
  if (program_ == Program::echo) output_ = words_from(request.command, 1) + "\n";
}

std::string SimExec::line() const {
  // Until it is told to end.
  return program_ == Program::cat || program_ == Program::yes ? "sleep 1000000000" : line_;
}

void SimExec::ended(const Result<core::CommandResult>& result) {
  if (!result) {
    exit_ = Result<ExecExit>(Fail(result.error()));
  } else {
    ExecExit exit{result->code, result->signal, result->timed_out, ""};
    if (input_ended_) exit = ExecExit{0, 0, false, ""};
    if (!exit.code && exit.signal == 0) exit.signal = SIGKILL;
    exit_ = exit;
  }
  give();
}

void SimExec::read(std::function<void(Result<ExecEvent>)> done) {
  wanted_ = std::move(done);
  give();
}

void SimExec::give() {
  if (!wanted_) return;
  std::string bytes;
  if (program_ == Program::yes && !exit_) {
    while (bytes.size() < exec_piece_bytes) bytes += "y\n";
  } else {
    bytes = output_.substr(0, exec_piece_bytes);
    output_.erase(0, bytes.size());
  }
  if (bytes.empty() && !exit_) return;
  const auto done = std::exchange(wanted_, nullptr);
  if (!bytes.empty()) {
    done(ExecEvent(ExecOutput{ExecStream::output, std::move(bytes)}));
  } else {
    done(*exit_ ? Result<ExecEvent>(**exit_) : Result<ExecEvent>(Fail(exit_->error())));
  }
  if (taken_ && output_.size() < held_max) std::exchange(taken_, nullptr)();
}

void SimExec::write(const std::string& bytes, std::function<void()> taken) {
  const bool reads = program_ == Program::cat && !exit_ && !input_ended_;
  if (reads && bytes.empty()) {
    input_ended_ = true;
    kernel_->monitors().end_command(key_.run, ticket_);
  }
  if (reads) output_ += bytes;
  give();
  if (output_.size() < held_max) return taken();
  taken_ = std::move(taken);
}

void SimExec::signal(int number) {
  kernel_->monitors().signal_command(key_.run, ticket_, number);
}

void SimExec::hang_up() {
  wanted_ = nullptr;
  taken_ = nullptr;
  kernel_->monitors().end_command(key_.run, ticket_);
}

std::unique_ptr<ExecSession> make_exec_session(std::shared_ptr<SimExec> exec,
                                               std::function<void(std::function<void()>)> post) {
  return std::make_unique<Session>(std::move(exec), std::move(post));
}

}  // namespace jaild::host::sim
