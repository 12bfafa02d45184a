// What a command line does in the simulation. `true`, `false`, `sleep N`, `exit N`, `fork N` and `rctl -a RULE...` are
// built in, with or without a directory in front; tests add others by their whole line.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <unordered_map>

#include "daemon/host/sim/timeline.h"

namespace jaild::host::sim {

class SimKernel;

struct Program {
  std::optional<Span> runs = Span{0};  // nullopt: for ever
  int code = 0;                        // its exit code
  int signal = 0;                      // not 0: it ends itself by this signal
  int forks = 0;                       // children that run for ever; a refused fork(2) makes it exit 1 at once
  int threads = 1;
  int cpu_percent = 0;  // of one CPU, while it runs
  bool ignores_term = false;
  bool stuck = false;                                // in the kernel: not even SIGKILL ends it
  bool zombie = false;                               // nobody waits for it: it holds its jail until SimKernel::reap()
  Span lingers{0};                                   // its connections keep the jail dying this long after its end
  std::function<void(SimKernel&)> effect = nullptr;  // done when it starts: makes an interface, a directory...
};

class Programs {
 public:
  void set(std::string line, Program program) { set_[std::move(line)] = std::move(program); }
  void unset(const std::string& line) { set_.erase(line); }

  // `main`: as a jail's main command, where what is not known runs for ever; elsewhere it succeeds at once.
  [[nodiscard]] Program of(const std::string& line, bool main) const;

 private:
  std::unordered_map<std::string, Program> set_;
};

}  // namespace jaild::host::sim
