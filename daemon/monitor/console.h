// What commands write: two pipes for each phase, read here, cut into lines, put into the log. A command with
// exec.consolelog has one, whose bytes go into that file. The loud jail's cost to us is bounded: the pipes are looked
// at a hundred times a second at most, in large pieces, and what is beyond the log rate is thrown away.
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "api/contract/result.h"
#include "daemon/host/unique_fd.h"
#include "daemon/monitor/console_file.h"
#include "daemon/monitor/console_log.h"
#include "daemon/monitor/log_rate.h"

namespace jaild::monitor {

class Console {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Console(ConsoleLog log, std::uint64_t bytes_per_second = LogRate::bytes_default)
      : log_(std::move(log)), rate_(bytes_per_second) {}

  struct Pipe {
    int reader = -1;
    int writer = -1;
  };
  // The pipe of a phase's stream, owned here; made when it is first asked for. Daemons that a hook left behind keep
  // writing into it, so pipes live as long as the monitor; phases beyond `phases_max` share the last ones.
  Result<Pipe> pipe(const std::string& phase, LogStream stream);
  // The pipe into exec.consolelog; `open` opens that file for appending. Its error if it cannot be opened now.
  Result<Pipe> file_pipe(const std::string& path, ConsoleFile::Open open);

  // ---- the loop
  // To poll for input; none between two looks. read_from() reads one of them once, so that a loud jail does not starve
  // the rest.
  [[nodiscard]] std::vector<int> readers(Clock::time_point now) const;
  void read_from(int reader, Clock::time_point now);
  void tick(Clock::time_point now);
  [[nodiscard]] std::optional<Clock::time_point> next_deadline() const;

  // Reads each once, looked at a moment ago or not: what a command wrote before it ended.
  void catch_up(Clock::time_point now);
  // Before the end: what is in the pipes still, at most `drain_max` of each.
  void drain();

  void say(const std::string& text);  // a line of the monitor's own
  [[nodiscard]] const ConsoleLog& log() const { return log_; }

  struct Losses {
    std::uint64_t lines = 0;  // since the start: of the log, of exec.consolelog, and those over the rate
    std::string error;        // why the last write failed; "": it did not
    bool operator==(const Losses&) const = default;
  };
  [[nodiscard]] Losses losses() const;

  static constexpr std::size_t phases_max = 24;  // with two pipes each
  static constexpr std::size_t files_max = 4;    // exec.consolelog may be changed while a jail runs
  static constexpr std::size_t line_max = log_text_max;
  static constexpr std::size_t read_max = 64 * 1024;
  static constexpr std::size_t drain_max = 1024 * 1024;
  static constexpr std::chrono::milliseconds look_interval{10};
  static constexpr std::chrono::milliseconds flood_interval{50};  // while what comes is thrown away: the jail waits
  static constexpr std::chrono::seconds silence{1};               // after which the beginning of a line is told

 private:
  struct Channel {
    std::string phase;
    LogStream stream = LogStream::out;
    UniqueFd reader;
    UniqueFd writer;
    std::optional<ConsoleFile> file;
    std::string begun;                             // of the line that is being written
    bool continues = false;                        // a piece of that line was told
    bool skips = false;                            // up to the next line feed: the line's beginning was thrown away
    bool flooded = false;                          // its pipe was enlarged
    std::optional<Clock::time_point> speak_up_at;  // when `begun` is told
  };
  Result<Pipe> add(Channel channel);
  bool read_once(Channel& channel, Clock::time_point now);
  void take(Channel& channel, std::string_view bytes, Clock::time_point now);
  void take_piece(Channel& channel, std::string_view piece, bool ended);
  void tell(Channel& channel, std::string_view text, bool partial);
  void tell_begun(Channel& channel);
  void drop(Channel& channel, std::string_view bytes);
  void count_dropped(std::uint64_t lines, std::uint64_t bytes);
  void report_dropped();

  ConsoleLog log_;
  LogRate rate_;
  std::vector<Channel> channels_;
  std::optional<Clock::time_point> rests_until_;
  std::chrono::system_clock::time_point wall_;  // of the present look
  std::size_t may_throw_ = 0;                   // in the present look, beyond what is read
  std::uint64_t dropped_lines_ = 0;             // not yet told
  std::uint64_t dropped_bytes_ = 0;
  bool lines_are_estimated_ = false;
};

}  // namespace jaild::monitor
