// A deterministic model of the FreeBSD jail subsystem: what jail_set(2), rctl(2), cpuset(2), nmount(2), the interface
// ioctls and kill(2) do, with their errno, as FreeBSD 15 does it. It has neither thread nor clock: all of it runs
// inside the callbacks of its Timeline, or inside Timeline::exclusive(). It outlives every SimHost over it, as a kernel
// outlives the daemon.
//
// An Error of these calls carries the errno of the system call and the kernel's words.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "daemon/core/operation.h"
#include "daemon/host/sim/accounts.h"
#include "daemon/host/sim/jail.h"
#include "daemon/host/sim/mounts.h"
#include "daemon/host/sim/network.h"
#include "daemon/host/sim/paths.h"
#include "daemon/host/sim/programs.h"

namespace jaild::host::sim {

struct KernelOptions {
  int cpus = 8;
  bool racct = true;
  bool everything_exists = false;  // paths, interfaces, datasets: for `jaild --host sim`
  // FreeBSD 13 and 14 refuse a jid that a dying jail still has; 15 renumbers the dying one (freebsd-kernel.md 4.3).
  bool renumbers_dying = true;
  std::string boot_id = "sim-boot-1";
  int last_jid = 0;  // the one given out last; near 999999 the jids wrap soon
  // A signal acts a moment after kill(2) and jail_remove(2) have returned (freebsd-kernel.md, trap 5).
  Span signal_delay = std::chrono::milliseconds(1);
};

class Monitors;

// Told of what happens by itself. One at a time: the daemon that lives now.
class KernelListener {
 public:
  virtual ~KernelListener() = default;
  virtual void jail_emptied(const Jail& jail) = 0;         // its last process is gone; before the end of that is told
  virtual void jail_died(const Jail& jail) = 0;            // it is dying now
  virtual void jail_changed(const std::string& name) = 0;  // made or changed, not by jaild
  virtual void limit_hit(const std::string& name, Resource resource) = 0;  // of a rule with the action devctl
  // By monitors. `ticket`: as given to Monitors::run().
  virtual void command_ended(std::uint64_t ticket, Result<core::CommandResult> result) = 0;
  virtual void main_exited(const core::JailKey& key, const LastExit& exit) = 0;
  virtual void monitor_lost(const core::JailKey& key) = 0;
};

enum JailFlag : unsigned { jail_create = 0x01, jail_update = 0x02 };
// In order; a later one of the same name wins. As in jail_set(2), a boolean is set by its name alone, whatever its
// value, and cleared by its no-name.
using ParamList = std::vector<std::pair<std::string, ParamValue>>;

class SimKernel {
 public:
  SimKernel(Timeline& timeline, KernelOptions options);  // `timeline` outlives it, or at least its last callback
  ~SimKernel();
  SimKernel(const SimKernel&) = delete;
  SimKernel& operator=(const SimKernel&) = delete;

  [[nodiscard]] Timeline& timeline() { return timeline_; }
  [[nodiscard]] const KernelOptions& options() const { return options_; }
  [[nodiscard]] const std::string& boot_id() const { return boot_id_; }
  [[nodiscard]] const CpuList& cpus() const { return cpus_; }
  // nullptr: nobody. What was under way for the listener before is never told to this one.
  void listen(KernelListener* listener);
  [[nodiscard]] KernelListener* listener() { return listener_; }
  [[nodiscard]] Monitors& monitors() { return *monitors_; }

  Paths paths;
  Network network;
  Datasets datasets;
  Programs programs;
  Observations observations;
  std::set<int> devfs_rulesets{1, 2, 3, 4, 5};  // those that have rules

  // ---- jails (kernel_jails.cpp, kernel_params.cpp, kernel_death.cpp)
  Result<int> jail_set(unsigned flags, const ParamList& params, Actor actor);
  Result<void> jail_remove(int jid, Actor actor);
  [[nodiscard]] const Jail* find(int jid) const;  // dying ones too
  [[nodiscard]] const Jail* find_alive(const std::string& name) const;
  [[nodiscard]] const std::map<int, Jail>& jails() const { return jails_; }
  // All parameters of a jail as jail_get(2) shows them.
  [[nodiscard]] std::map<std::string, ParamValue> params_of(const Jail& jail) const;
  // No process in it and no child jail that lives: what keeps one that is not persistent.
  [[nodiscard]] bool is_empty(const Jail& jail) const;
  // The connections of this jail keep it dying for `span` (TIME_WAIT: 60 s).
  void set_lingering(int jid, Span span);
  void bind_run(int jid, std::uint64_t run);  // the monitor of this run looks after the jail
  // Something outside holds one more, or one less, reference to the jail.
  void add_reference(int jid);
  void drop_reference(int jid);

  // ---- processes (kernel_processes.cpp)
  struct Start {
    int parent = 0;
    std::string command;
    std::string user = "root";
    std::uint64_t run = 0;
    Program program;
  };
  // jail_attach(2) and execve(2), with the program's children; EINVAL: no such jail, or dying. jid 0: on the host. An
  // attach is never refused by a limit; a fork in the jail is, and then the program exits 1.
  Result<int> start(int jid, Start start);
  // fork(2) of a process: the child does the same, for ever. EAGAIN: a rule with deny on maxproc or nthr.
  Result<int> fork(int pid);
  Result<void> kill(int pid, int signal);  // ESRCH; only TERM, INT, HUP and KILL end a process
  void reap(int jid);                      // somebody waits for the zombies of this jail
  [[nodiscard]] const Process* process(int pid) const;
  [[nodiscard]] std::size_t processes_below(int jid) const;  // of the jail and its child jails
  Result<void> set_process_cpus(int pid, CpuList cpus);

  // ---- limits (kernel_limits.cpp)
  Result<void> rctl_add(const std::string& jail, const RctlRule& rule, Actor actor);
  Result<void> rctl_remove(const std::string& jail, const RctlRule& rule, Actor actor);
  [[nodiscard]] const Accounts& accounts() const { return accounts_; }
  // cpuset_setaffinity(2) on the jail's root set. ESRCH: no such jail; EINVAL: not within the parent's; EDEADLK: a
  // narrower set below would become empty.
  Result<void> set_jail_cpus(int jid, const CpuList& cpus, Actor actor);
  // What P3 asks to be in force from now on, and what rules an ongoing change leads to (nullopt: it is over).
  void expect_limits(int jid, Expectation expected);
  void watch_change(const std::string& jail, std::optional<std::vector<RctlRule>> towards);

  // ---- mounts, devices (kernel_mounts.cpp)
  // nmount(2). ENOENT: `path` or the source of a nullfs is not there. Returns the fsid.
  Result<std::string> mount(Mount mount);
  Result<void> unmount(const std::string& path, bool force, Actor actor);
  Result<void> unmount_fsid(const std::string& fsid, bool force, Actor actor);
  [[nodiscard]] const Mounts& mounts() const { return mounts_; }
  Result<void> add_alias(Alias alias);
  Result<void> remove_alias(const std::string& interface, const std::string& address, Actor actor);
  // ENXIO: no such interface on the host, no such jail or a dying one; EEXIST: the jail has the host's vnet.
  Result<void> lend_interface(const std::string& name, int jid);
  Result<void> take_interface_back(const std::string& name, int jid);
  Result<void> attach_dataset(const std::string& name, int jid);  // also ESRCH: no such jail or a dying one
  Result<void> detach_dataset(const std::string& name, int jid);

  // ---- for oracles (kernel_oracle.cpp)
  void note(Finding finding, std::string subject, std::string detail);
  // Changing calls by jaild so far, refused ones included; a pass over an agreed state makes none (P7).
  [[nodiscard]] std::uint64_t changes_by_jaild() const { return changes_by_jaild_; }
  // What jaild made and what is still there, in words, but for the jails in `wanted` (full names).
  [[nodiscard]] std::vector<std::string> left_by_jaild(const std::set<std::string>& wanted) const;
  // From now on this jail and its things count as jaild's own (an explicit adopt).
  void hand_over(const std::string& name);

  // The machine restarts: everything volatile is gone, the boot id is new. Nobody listens afterwards.
  void reboot();

 private:
  struct Request;  // a checked ParamList

  Jail* find_mutable(int jid);
  void tell_changed(Actor actor, const Jail& jail);
  void count_change(Actor actor) { changes_by_jaild_ += actor == Actor::jaild ? 1 : 0; }
  [[nodiscard]] int next_jid() const;

  Result<Request> read_params(unsigned flags, const ParamList& params) const;
  Result<int> create(const Request& request, Actor actor);
  Result<int> update(const Request& request, Actor actor);
  Result<Jail*> parent_for(const std::string& name);
  [[nodiscard]] Result<int> choose_jid(const Request& request) const;
  void renumber(int from, int to);
  Result<void> check_values(const Request& request, const Jail* parent, const Jail* jail) const;
  Result<void> check_addresses(const Request& request, const Jail* parent, const Jail* jail, bool v6) const;
  void inherit(Jail& jail, const Jail& parent) const;
  void apply(Jail& jail, const Request& request);
  void clear_below(const Jail& jail, const std::string& name);
  void raise_below(const Jail& jail, const std::string& name, std::int64_t least);
  void index_addresses(const Jail& jail, bool add);
  [[nodiscard]] ParamValue value_of(const Jail* jail, const std::string& name) const;  // nullptr: the host
  [[nodiscard]] const Jail* restricting(const Jail* jail, bool v6) const;
  [[nodiscard]] bool is_within(const Jail* jail, int jid) const;
  Result<void> rename(Jail& jail, const std::string& name);

  void settle(int jid);  // alive without anything that keeps it so: it dies, on a task of the kernel
  void begin_dying(Jail& jail);
  void die(int jid);
  void end_of_last_reference(int jid);
  void destroy(Jail& jail);

  Process& add_process(int jid, Start start);
  void run_program(int pid, Program program);
  Result<void> limits_allow(const Process& parent);
  void tell_limit_hits(const std::string& jail, const std::vector<const RuleInForce*>& over);
  void end_at(Process& process, Moment when, int code, int signal);
  void exit(int pid, int code, int signal);
  void charge(int jid, int processes, int threads, int cpu_percent);
  void observe_entry(const Jail& jail, const Process& process);
  void narrow_below(Jail& jail);
  [[nodiscard]] Result<void> check_narrowing(const Jail& jail, const CpuList& cpus) const;
  void removed(const Mount& mount, bool force, Actor actor);

  Timeline& timeline_;
  KernelOptions options_;
  std::string boot_id_;
  int boots_ = 1;
  CpuList cpus_;
  KernelListener* listener_ = nullptr;
  std::unique_ptr<Monitors> monitors_;

  std::map<int, Jail> jails_;                                        // by jid, dying ones too
  std::unordered_map<std::string, int> alive_;                       // full name to jid
  std::unordered_map<std::string, std::vector<int>> address_users_;  // "4 203.0.113.5" to the live jails that have it
  int last_jid_ = 0;
  std::uint64_t last_serial_ = 0;
  std::unordered_map<std::uint64_t, int> lingering_;  // serial to jid: connections that end by a timer
  std::unordered_map<int, Process> processes_;
  int last_pid_ = 1000;
  Accounts accounts_;
  Mounts mounts_;
  std::optional<std::pair<std::string, std::vector<RctlRule>>> change_;
  std::uint64_t changes_by_jaild_ = 0;
};

}  // namespace jaild::host::sim
