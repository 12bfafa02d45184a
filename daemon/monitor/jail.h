// The jail of this run as the monitor holds it. One class, implemented once for each system (linux/jail.cpp,
// freebsd/jail.cpp); the rest of the monitor knows no system.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "api/contract/result.h"
#include "daemon/monitor/options.h"
#include "daemon/monitor/request.h"
#include "daemon/monitor/shared_pid.h"

namespace jaild::monitor {

enum class JailEvent {
  created,  // the answer to begin_create()
  failed,   // the same; take_failure() says why, and nothing is left of it
  empty,    // no process in it, but for those of ours that are not reaped yet
  gone,     // Linux: pid 1 ended
};

// What becomes of a process that we started when the monitor itself dies. KILL, if it has to die.
enum class AtMonitorsDeath { dies, lives_on };

struct Forked {
  pid_t pid = 0;   // 0: this is the child
  SharedPid born;  // Linux, inside: of the process in the jail, once there is one, and `pid` then ends
};

struct ChildExit {
  pid_t pid = 0;
  int status = 0;  // as waitpid(2) gives it
};

class Jail {
 public:
  explicit Jail(const Options& options);
  ~Jail();
  Jail(const Jail&) = delete;
  Jail& operator=(const Jail&) = delete;

  // Before anything else, once: what has to be opened or loaded while we are alone on the host.
  Result<void> prepare();

  // Linux. Returns at once; the mounts are made by the new pid 1, and an event says how it went.
  Result<void> begin_create(const CreateRequest& request);
  void cancel_create();  // a create that takes too long: ends pid 1; `failed` comes
  // A jail that exists: on FreeBSD jaild made it, on Linux an earlier monitor of this run did, and its record says so.
  // Kind::not_found, Kind::conflict: there is no such jail, or it has another name.
  Result<void> adopt(int jid);
  Result<void> set_limits(const LimitsRequest& limits);
  Result<void> remove();  // Linux: KILL to pid 1. `gone` comes

  [[nodiscard]] bool exists() const;  // created or adopted, and not gone
  [[nodiscard]] bool gone() const;
  [[nodiscard]] std::optional<int> jid() const;
  [[nodiscard]] std::optional<std::uint64_t> start_time() const;

  // Every process in it but pid 1; on Linux `ours` (children that may not have joined a cgroup yet) are added.
  [[nodiscard]] std::vector<pid_t> processes(const std::vector<pid_t>& ours) const;
  // TERM to those that are not in `told`, which grows by them; to no other, whatever becomes of a number meanwhile. How
  // many processes there are.
  std::size_t terminate(const std::vector<pid_t>& ours, std::set<pid_t>& told) const;
  // JailEvent::empty comes if so, or, on FreeBSD, as soon as it is so.
  void ask_whether_empty();

  // Linux: pid 1 holds this end of a pipe too, and reads it once we have died: a jail that outlives its monitor is not
  // killed by SIGPIPE and does not block; what it writes is lost. On FreeBSD nobody is there to do it.
  void keep_console(int reader);

  // ---- the loop
  [[nodiscard]] int event_fd() const;  // -1: none
  void on_readable();
  bool on_exit(pid_t pid, int status);  // true: it was pid 1
  // FreeBSD: children that ended; they are held by descriptors, of which wait(2) knows nothing.
  std::vector<ChildExit> take_exits();
  std::vector<JailEvent> take_events();
  Error take_failure();

  // ---- processes
  // fork(2). With `inside`, for a child that goes on into the jail.
  Result<Forked> fork_child(bool inside, AtMonitorsDeath fate);
  // The child's way in, in this order, each with plain errors; between enter_limits() and attach() the host's users and
  // files can still be reached, after attach() only the jail's. On Linux attach() returns in a child of the monitor's
  // own that is born in the jail (linux/entry.h), and whoever called it ends: nobody in the jail can look at a process
  // or stop it before it is as confined as all others there.
  Result<void> enter_limits(int fib) const;
  Result<void> attach() const;
  [[nodiscard]] int attach_fd() const;  // what attach() needs open; -1: nothing
  Result<void> seal() const;            // after the user was switched, right before exec

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Before anything that a jail could see of us: no ptrace, no /proc/PID/exe, no death by memory shortage.
Result<void> protect_this_process();
// In a child, before exec: what protect_this_process() did must not be inherited.
void unprotect_child();
// What process lists show of this process from here on, instead of the monitor's arguments with their paths.
void show_as(const char* title);
// Orphans of our children come to us.
Result<void> become_reaper();
// A child that runs in a jail must not find a way to write to our program file (see linux/sealed_program.cpp).
Result<void> seal_program(char** argv, char** environment);

}  // namespace jaild::monitor
