// jaild with a fault point at each kernel operation, for the crash tests:
//   JAILD_DIE_BEFORE=N  SIGKILL to itself instead of the Nth operation
//   JAILD_DIE_AFTER=N   SIGKILL to itself when the Nth operation completes, before anybody hears of it
//   JAILD_KILL_MONITORS_BEFORE=N  SIGKILL to all its monitors before the Nth operation (0: never)
//   JAILD_THROW=loop|queries  an exception that nobody catches: at the first operation, or when usage is asked for
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "daemon/app.h"

namespace jaild {
namespace {

std::uint64_t number_from(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? 0 : std::strtoull(text, nullptr, 10);
}

class FaultyHost final : public host::Host {
 public:
  explicit FaultyHost(std::unique_ptr<host::Host> inner) : inner_(std::move(inner)) {}

  [[nodiscard]] const HostProfile& profile() const override { return inner_->profile(); }
  [[nodiscard]] std::vector<FieldError> check(const std::string& name, const JailSpec& spec,
                                              const std::string& base) const override {
    return inner_->check(name, spec, base);
  }
  [[nodiscard]] core::Resolved planned(const std::string& name, const JailSpec& spec) const override {
    return inner_->planned(name, spec);
  }
  Result<void> start(host::Sink sink) override {
    auto done = std::move(sink.done);
    sink.done = [this, done](host::OpDone each) {
      if (++completed_ == die_after_) ::kill(::getpid(), SIGKILL);
      done(std::move(each));
    };
    return inner_->start(std::move(sink));
  }
  void stop() override { inner_->stop(); }
  void submit(host::Op op) override {
    ++submitted_;
    std::fprintf(stderr, "op %llu %s\n", static_cast<unsigned long long>(submitted_.load()),
                 std::string(core::operation_name(op)).c_str());
    if (submitted_ == die_before_) ::kill(::getpid(), SIGKILL);
    if (submitted_ == kill_monitors_before_) kill_monitors();
    if (throw_ == "loop") throw std::runtime_error("thrown on the loop");
    inner_->submit(std::move(op));
  }
  void exec(const host::JailKey& key, ExecRequest request, host::ExecStarted done) override {
    inner_->exec(key, std::move(request), std::move(done));
  }
  Result<host::Survey> survey() override { return inner_->survey(); }
  Result<std::map<std::string, Usage>> usage(const std::vector<host::JailKey>& keys) override {
    if (throw_ == "queries") throw std::runtime_error("thrown by a query");
    return inner_->usage(keys);
  }
  Result<std::vector<ProcessInfo>> processes(const host::JailKey& key) override { return inner_->processes(key); }

 private:
  static void kill_monitors() {
    const char* command = std::getenv("JAILD_KILL_MONITORS_COMMAND");
    if (command != nullptr && std::system(command) < 0) std::perror("system");  // NOLINT: a test's own command
  }

  static std::string text_from(const char* name) {
    const char* text = std::getenv(name);
    return text == nullptr ? "" : text;
  }

  std::unique_ptr<host::Host> inner_;
  const std::string throw_ = text_from("JAILD_THROW");
  std::atomic<std::uint64_t> submitted_{0};
  std::atomic<std::uint64_t> completed_{0};
  const std::uint64_t die_before_ = number_from("JAILD_DIE_BEFORE");
  const std::uint64_t die_after_ = number_from("JAILD_DIE_AFTER");
  const std::uint64_t kill_monitors_before_ = number_from("JAILD_KILL_MONITORS_BEFORE");
};

}  // namespace
}  // namespace jaild

int main(int argc, char** argv) {
  const auto parsed = jaild::parse_command_line(argc, argv);
  if (!std::holds_alternative<jaild::DaemonOptions>(parsed)) return 2;
  return jaild::run_daemon(std::get<jaild::DaemonOptions>(parsed), [](std::unique_ptr<jaild::host::Host> inner) {
    return std::make_unique<jaild::FaultyHost>(std::move(inner));
  });
}
