// The monitor of one run: requests in, answers and notes out, children reaped. One thread, one poll(2).
#pragma once

#include <poll.h>

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "api/contract/jail_status.h"
#include "daemon/monitor/commands.h"
#include "daemon/monitor/console.h"
#include "daemon/monitor/environment.h"
#include "daemon/monitor/jail.h"
#include "daemon/monitor/options.h"
#include "daemon/monitor/server.h"
#include "daemon/monitor/signals.h"

namespace jaild::monitor {

class Monitor {
 public:
  Monitor(const Options& options, Server server, Signals signals);

  Result<void> prepare();
  // Until `finish` or `exit`.
  void run();

 private:
  using json = nlohmann::json;

  // A terminate or remove that waits.
  struct Wait {
    std::int64_t id = 0;
    Clock::time_point deadline;
    Clock::time_point next_look;
    std::set<pid_t> told;  // got their TERM
  };

  // ---- the loop
  [[nodiscard]] std::vector<pollfd> interest() const;
  [[nodiscard]] int poll_timeout(Clock::time_point now) const;
  void dispatch(const pollfd& ready);
  void reap();
  void on_exit(const ChildExit& exit);
  void tick(Clock::time_point now);
  void handle_events();

  // ---- requests
  bool handle_line(const std::string& line);  // false: not a request
  void handle(const std::string& name, std::int64_t id, const json& body);
  void hello(std::int64_t id, const json& body);
  void create(std::int64_t id, const json& body);
  void adopt(std::int64_t id, const json& body);
  void run_command(std::int64_t id, const json& body);
  void start_main(std::int64_t id, const json& body);
  void exec(std::int64_t id, const json& body);
  void signal(std::int64_t id, const json& body);
  void terminate(std::int64_t id, const json& body);
  void remove(std::int64_t id, const json& body);
  void cancel(std::int64_t id, const json& body);
  void finish(std::int64_t id, bool forget);
  [[nodiscard]] ConsoleFile::Open open_console(const CommandRequest& command) const;
  Result<Commands::Mode> launch(std::int64_t id, const CommandRequest& command, bool is_main);

  // ---- what happened
  void on_command(const CommandEvent& event);
  void on_main_exit(const CommandEvent& event);
  void on_jail(JailEvent event);
  void look_at_termination(Wait& wait, Clock::time_point now);

  // ---- answers
  void answer(std::int64_t id, json body, bool keep = false);
  void refuse(std::int64_t id, const Error& error, bool keep = false, const std::string& phase = "");
  void note(const json& body);
  void note_losses(Clock::time_point now);

  Options options_;
  Server server_;
  Signals signals_;
  Environment inherited_;  // of commands, as the last hello told it
  Console console_;
  Jail jail_;
  Commands commands_;

  bool subscribed_ = false;  // this connection has said hello
  Console::Losses told_losses_;
  Clock::time_point next_losses_;  // not before it they are told again
  bool done_ = false;
  bool forget_ = false;
  std::optional<std::int64_t> creating_;
  std::optional<Clock::time_point> create_deadline_;
  std::vector<Wait> terminations_;
  std::vector<Wait> removals_;
  bool ran_inside_ = false;  // since the last note of emptiness
  bool main_started_ = false;
  std::optional<LastExit> main_exit_;
  std::deque<json> answers_;  // the last ones that matter (protocol.h, hello)
};

}  // namespace jaild::monitor
