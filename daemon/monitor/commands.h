// The commands under way: hooks, health checks and the jail's main command, from launch to outcome.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "api/contract/result.h"
#include "daemon/host/unique_fd.h"
#include "daemon/monitor/child.h"
#include "daemon/monitor/process_tree.h"

namespace jaild::monitor {

using Clock = std::chrono::steady_clock;

struct Outcome {
  std::optional<int> status;  // as waitpid(2) gives it; absent: nobody could tell
  bool timed_out = false;
  bool canceled = false;
  std::chrono::duration<double> took{0};
};

struct CommandEvent {
  enum class What {
    started,   // main, background and by_hand commands: exec'ed
    finished,  // `outcome`
    failed     // `error`: could not be exec'ed
  };
  What what = What::finished;
  std::int64_t id = 0;  // of the request
  bool is_main = false;
  bool by_hand = false;
  std::string phase;
  pid_t pid = 0;
  Outcome outcome;
  Error error;
};

class Commands {
 public:
  explicit Commands(Jail& jail) : jail_(jail) {}

  enum class Mode { foreground, background, main, by_hand };
  // Kind::overloaded at `commands_max`. `lifeline`: of a by_hand command; when its other end is closed, the command is
  // ended with its children.
  Result<void> start(std::int64_t id, const Launch& launch, Mode mode, Clock::time_point now, UniqueFd lifeline = {});
  // Ends run `id`, or all of them, but never main, and not what somebody runs by hand. How many there were.
  std::size_t cancel(std::optional<std::int64_t> id, Clock::time_point now);
  // To the process group of a by_hand command. False: it has ended.
  bool signal(std::int64_t id, int number) const;

  // ---- the loop
  [[nodiscard]] std::vector<int> report_fds() const;  // with the lifelines
  void on_report(int fd);
  void on_exit(pid_t pid, int status);
  void tick(Clock::time_point now);
  [[nodiscard]] std::optional<Clock::time_point> next_deadline() const;
  std::vector<CommandEvent> take_events();

  [[nodiscard]] std::optional<pid_t> main_pid() const;
  // Runs under way, without main and background ones that were answered.
  [[nodiscard]] std::vector<CommandEvent> under_way() const;
  // Our own children in the jail that are not reaped yet.
  [[nodiscard]] const std::vector<pid_t>& inside() {
    note_births();
    return inside_;
  }

 private:
  struct Running {
    std::int64_t id = 0;
    Mode mode = Mode::foreground;
    std::string phase;
    bool in_jail = false;
    Child child;
    bool birth_noted = false;
    UniqueFd lifeline;
    std::string report_text;
    std::optional<int> status;
    bool timed_out = false;
    bool canceled = false;
    Clock::time_point started;
    std::optional<Clock::time_point> deadline;  // of the command; then of the present stage of ending it
    std::unique_ptr<ProcessTree> ending;        // set once it is being ended: of `ending_root`
    pid_t ending_root = 0;
    std::optional<Clock::time_point> kill_from;
    std::set<pid_t> told;                // got their TERM
    std::vector<pid_t> children_before;  // of ours, when it was started
    bool done = false;
  };
  void settle(Running& running, Clock::time_point now);
  void look_at_lifeline(Running& running, Clock::time_point now);
  void note_births();
  void begin_ending(Running& running, Clock::time_point now);
  std::vector<pid_t> look_at_tree(Running& running);
  static void tell_to_end(Running& running, const std::vector<pid_t>& members);
  void go_on_ending(Running& running, Clock::time_point now);
  void finish(Running& running, Clock::time_point now);
  void fail(Running& running);
  CommandEvent event_of(const Running& running, CommandEvent::What what) const;
  void forget_done();

  Jail& jail_;  // owned by the Monitor
  std::vector<std::unique_ptr<Running>> running_;
  std::vector<pid_t> inside_;
  std::vector<CommandEvent> events_;
};

}  // namespace jaild::monitor
