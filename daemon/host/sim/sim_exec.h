// What somebody runs by hand in a simulated jail. `echo`, `cat` and `yes` have the output that they have everywhere, a
// login shell repeats its input as cat does; every other command is silent and runs as Programs says.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "daemon/core/operation.h"
#include "daemon/host/exec.h"
#include "daemon/host/sim/kernel.h"

namespace jaild::host::sim {

// Inside callbacks of the Timeline only. Owner: the host, until it ended, and its session.
class SimExec {
 public:
  SimExec(std::shared_ptr<SimKernel> kernel, core::JailKey key, std::uint64_t ticket, const ExecRequest& request);

  // The command line of its process in the kernel.
  [[nodiscard]] std::string line() const;
  void ended(const Result<core::CommandResult>& result);

  void read(std::function<void(Result<ExecEvent>)> done);
  void write(const std::string& bytes, std::function<void()> taken);
  void signal(int number);
  void hang_up();

 private:
  enum class Program { silent, echo, cat, yes };
  static Program program_of(const ExecRequest& request);
  void give();

  std::shared_ptr<SimKernel> kernel_;
  const core::JailKey key_;
  const std::uint64_t ticket_;
  const Program program_;
  std::string line_;
  std::string output_;  // at most `held_max` and one write
  bool input_ended_ = false;
  std::optional<Result<ExecExit>> exit_;
  std::function<void(Result<ExecEvent>)> wanted_;
  std::function<void()> taken_;  // of a write that waits until its bytes were read
};

// `post` runs its argument in a callback of the Timeline, or drops it when the host has stopped.
[[nodiscard]] std::unique_ptr<ExecSession> make_exec_session(std::shared_ptr<SimExec> exec,
                                                             std::function<void(std::function<void()>)> post);

}  // namespace jaild::host::sim
