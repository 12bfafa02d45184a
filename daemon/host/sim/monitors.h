// The jaild-monitors: one for each run, outside the jail, parent of what it starts there. They outlive the daemon, keep
// what they learned, and can be killed at any time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/operation.h"
#include "daemon/host/sim/jail.h"

namespace jaild::host::sim {

class SimKernel;

class Monitors {
 public:
  explicit Monitors(SimKernel& kernel) : kernel_(kernel) {}  // its owner

  // One that answers already is kept. With a jid: it looks after that jail.
  void open(const core::JailKey& key);
  void adopt(std::uint64_t run, int jid);  // the jail of this run was made
  // Ends it and forgets its records; its children go on. None: nothing happens.
  void close(std::uint64_t run);
  // By hand or by accident: like close(), and the listener learns of it. False: there is none.
  bool kill(std::uint64_t run);

  // Runs a command; KernelListener::command_ended(ticket, ...) comes when it ended, was ended at its timeout with its
  // children (TERM, then KILL), or its monitor ended. Kind::unavailable: no monitor of this run.
  Result<void> run(const core::JailKey& key, const core::Command& command, std::uint64_t ticket);
  void cancel(std::uint64_t run);
  // One command, by its ticket: ended as at a timeout, or only signalled. Ended already: nothing.
  void end_command(std::uint64_t run, std::uint64_t ticket);
  void signal_command(std::uint64_t run, std::uint64_t ticket, int signal);
  // Starts the jail's main command; its end comes as KernelListener::main_exited and stays in facts().
  Result<void> start_main(const core::JailKey& key, const core::Command& command);

  [[nodiscard]] bool answers(std::uint64_t run) const { return monitors_.contains(run); }
  [[nodiscard]] std::optional<core::JailKey> key_of(std::uint64_t run) const;
  [[nodiscard]] std::vector<core::MonitorFacts> facts() const;
  [[nodiscard]] std::vector<std::string> names() const;                // of the jails that have one
  [[nodiscard]] std::optional<int> main_pid(std::uint64_t run) const;  // while it runs

  void child_ended(const Process& process, int code, int signal);  // by the kernel
  void forget_tickets();  // another listener is there, or none: what ran for the former is told to nobody
  void reboot();

 private:
  struct Hook {
    int pid = 0;
    std::uint64_t ticket = 0;  // 0: nobody waits
    bool timed_out = false;
    TimerId timer = 0;
    std::vector<int> group;  // what has to end with it, once it is to end
  };
  struct Monitor {
    core::JailKey key;
    bool main_started = false;
    int main_pid = 0;  // 0: none, or ended
    std::optional<LastExit> main_exit;
    std::vector<Hook> hooks;
  };

  Monitor* find(std::uint64_t run);
  Hook* find_hook(std::uint64_t run, int pid);
  [[nodiscard]] std::optional<int> pid_of(std::uint64_t run, std::uint64_t ticket) const;
  void end_hook(std::uint64_t run, int pid, bool timed_out);
  void finish_off(std::uint64_t run, int pid);
  void give_up(std::uint64_t run, int pid);
  void answer(std::uint64_t run, int pid, core::CommandResult result);
  void end(std::uint64_t run, bool by_accident);

  SimKernel& kernel_;
  std::map<std::uint64_t, Monitor> monitors_;  // by run
};

// "SIGKILL", or "signal 77".
[[nodiscard]] std::string signal_name(int signal);

}  // namespace jaild::host::sim
