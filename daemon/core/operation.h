// What jaild asks of the kernel and what the kernel answers and tells, as values: core decides on them, host.h carries
// them, so that neither needs the other's code.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "api/contract/jail_status.h"
#include "api/contract/result.h"
#include "daemon/core/resource.h"

namespace jaild::core {

// ---- operations: one request, exactly one completion
// ------------------------------------------------------------------

// What a spec needs on this host, in order: entries to acquire before the jail exists and after. Reads fstab files,
// resolves names, chooses interface names; changes nothing. `missing`: what is not there yet, each in words
// ("path /jail/www does not exist"); a start then waits. Kind::conflict: a jail of that name exists in the kernel.
struct Resolve {
  std::string name;
  JailSpec spec;
};
struct Resolved {
  std::vector<LedgerEntry> before_create;
  std::vector<LedgerEntry> after_create;
  std::vector<std::string> missing;
};

// Starts the jaild-monitor of this run. Its socket and exit record carry name and run. Success: it answered. With a
// jid, the jail exists already (its first monitor was lost) and the new one takes it over, so that hooks can run in it.
// When a monitor of this run answers already, it is kept.
struct OpenMonitor {
  JailKey key;
};
// Ends the monitor and forgets its records. One that is gone already is success. Never touches the jail's processes.
struct CloseMonitor {
  JailKey key;
};

// Makes one thing that is in the ledger already. The reply is the entry completed: fsid of a mount, `borrowed` where
// the thing was there before jaild (it is then used and never removed).
struct Acquire {
  JailKey key;
  LedgerEntry entry;
};
// Removes it again. Gone already, or borrowed: success. `force`: the jail is gone, open files may be cut off.
struct Release {
  JailKey key;
  LedgerEntry entry;
  bool force = false;
};

// jail_set(2) with JAIL_CREATE: the jail exists, persistent, without any process. Reply: its jid.
struct Create {
  JailKey key;  // jid 0
  JailSpec spec;
};
// jail_remove(2): no process of it is left when this completes, or Kind::timeout after 10 s. Gone already: success.
// Dropped (success) when the jail of that jid has another name.
struct Remove {
  JailKey key;
};

// Makes the rctl rules of this jail exactly `rules` and `hook_rules`, as a difference, verified by reading back.
// Removes all others of that name, or with `others_stay` none. Without any rule to set, a jail that is gone, or is not
// there yet (jid 0), is success. Reply: OtherRules.
struct SetRules {
  JailKey key;
  std::vector<RctlRule> rules;
  std::vector<std::string> hook_rules = {};  // RunRecord::hook_rules
  bool others_stay = false;
};
// Kind::conflict with EDEADLK: a process keeps a set that would become empty; applied at the next start.
struct SetCpuset {
  JailKey key;
  std::optional<CpuList> cpus;  // nullopt: what the host has
};
// jail_set(2) with JAIL_UPDATE, changeable parameters only.
struct SetParams {
  JailKey key;
  std::map<std::string, ParamValue> params;
};

// A command line, run by the monitor as jail(8) runs it. Completes when the command ended, was ended at its timeout
// with its children, or could not be run.
struct Command {
  std::string phase;  // "exec.start": for logs
  std::string line;
  bool in_jail = false;
  std::string user;          // "" root
  bool system_user = false;  // look `user` up in the host's passwd although the command runs in the jail
  bool clean = false;        // exec.clean
  int fib = 0;
  std::chrono::milliseconds timeout{0};  // 0: unlimited
  std::string console;                   // exec.consolelog; "": the monitor's own log
  std::string path;                      // the jail's root, JPATH
};
struct Run {
  JailKey key;
  Command command;
};
// Ends the commands that Runs of this jail wait for, with their children; these then complete. None: success. This and
// a Run for a health check are what may be submitted while another operation of the same jail is under way.
struct Cancel {
  JailKey key;
};
// Starts the jail's main command and completes once it was exec'ed. Its end comes as MainExited.
struct StartMain {
  JailKey key;
  Command command;
};
// TERM to every process of the jail, then waits until none is left, at most `timeout`. Reply: how many are left.
struct Terminate {
  JailKey key;
  std::chrono::milliseconds timeout;
};

using OpId = std::uint64_t;
struct Op {
  OpId id = 0;  // chosen by the caller, never reused
  std::variant<Resolve, OpenMonitor, CloseMonitor, Acquire, Release, Create, Remove, SetRules, SetCpuset, SetParams,
               Run, Cancel, StartMain, Terminate>
      what;
};

// The kind of an operation as metrics and logs name it: "create", "rctl", "command"...
std::string_view operation_name(const Op& op);
// The jail it is about.
const std::string& jail_of(const Op& op);

// How a command ended.
struct CommandResult {
  std::optional<int> code;
  int signal = 0;
  bool timed_out = false;
  [[nodiscard]] bool ok() const { return code == 0 && !timed_out; }
};
struct Created {
  int jid = 0;
};
struct Terminated {
  int left = 0;
};
struct OtherRules {  // kernel text of the rules of the jail's name that are in force beside those that were to be set
  std::vector<std::string> rules;
};
struct Nothing {};
using Reply = std::variant<Nothing, Resolved, LedgerEntry, Created, CommandResult, Terminated, OtherRules>;

struct OpDone {
  OpId id = 0;
  Result<Reply> result;
};

// ---- events: what happens by itself
// -----------------------------------------------------------------------------------

struct MainExited {
  JailKey key;
  LastExit exit;
};
struct JailEmpty {  // no process is left in it
  JailKey key;
};
struct JailGone {  // removed behind our back, or dying
  std::string name;
  int jid = 0;
};
struct JailChanged {  // a parameter was changed behind our back, or a foreign jail came: look again
  std::string name;
};
struct MonitorLost {
  JailKey key;  // of one that never answered this jaild only the run
};
struct LimitHit {
  std::string name;
  Resource resource;
};
// What a run's monitor says of the jail's log: a full disk, a file that fails, more than the log rate lets in.
struct LogTrouble {
  std::uint64_t lines_lost = 0;  // since that monitor began
  std::string error;             // why the last write failed; "": it did not
  bool operator==(const LogTrouble&) const = default;
};
struct LogTold {  // it is another than the last one told
  JailKey key;
  LogTrouble trouble;
};
using Event = std::variant<MainExited, JailEmpty, JailGone, JailChanged, MonitorLost, LimitHit, LogTold>;

// ---- survey: what is, in one walk
// --------------------------------------------------------------------------------------

// What a monitor that outlived us says of its run.
struct MonitorFacts {
  JailKey key;
  bool main_started = false;
  std::optional<LastExit> main_exit;  // the main command ended meanwhile
  LogTrouble log = {};
};
struct JailFacts {
  int jid = 0;
  std::string name;
  std::string path;
  bool dying = false;
  bool empty = false;                        // no process in it
  std::map<std::string, ParamValue> params;  // as the kernel shows them
  std::vector<std::string> rules;            // kernel text
  std::optional<CpuList> cpus;
};
struct Survey {
  std::vector<JailFacts> jails;
  std::vector<MonitorFacts> monitors;
  std::vector<std::string> mount_points;  // all of the host
};

}  // namespace jaild::core
