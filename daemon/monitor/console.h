// What commands write: two pipes for each phase, read here, cut into lines, put into the log.
#pragma once

#include <array>
#include <chrono>
#include <string>
#include <vector>

#include "api/contract/result.h"
#include "daemon/host/unique_fd.h"
#include "daemon/monitor/console_log.h"

namespace jaild::monitor {

class Console {
 public:
  explicit Console(ConsoleLog log) : log_(std::move(log)) {}

  struct Pipe {
    int reader = -1;
    int writer = -1;
  };
  // The pipe of a phase's stream, owned here; made when it is first asked for. Daemons that a hook left behind keep
  // writing into it, so pipes live as long as the monitor; phases beyond `phases_max` share the last ones.
  Result<Pipe> pipe(const std::string& phase, LogStream stream);

  // To poll for input; read_from() reads one of them once, so that a loud jail does not starve the rest.
  [[nodiscard]] std::vector<int> readers() const;
  void read_from(int reader);
  // Before the end: what is in the pipes still, at most a pipe's worth of each.
  void drain();

  void say(const std::string& text);  // a line of the monitor's own
  [[nodiscard]] const ConsoleLog& log() const { return log_; }

  static constexpr std::size_t phases_max = 24;  // with two pipes each
  static constexpr std::size_t line_max = 8192;  // longer ones are cut

 private:
  struct Channel {
    std::string phase;
    LogStream stream = LogStream::out;
    UniqueFd reader;
    UniqueFd writer;
    std::string partial;
  };
  bool read_once(Channel& channel);
  void take(Channel& channel, std::string_view bytes);

  ConsoleLog log_;
  std::vector<Channel> channels_;
};

}  // namespace jaild::monitor
