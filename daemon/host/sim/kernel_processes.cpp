// Processes: attach, exec, fork, signals, exit (freebsd-kernel.md 4.1, 4.4, 9).
#include <algorithm>
#include <cerrno>
#include <csignal>

#include "daemon/host/sim/kernel.h"
#include "daemon/host/sim/monitors.h"
#include "daemon/host/sim/refusal.h"

namespace jaild::host::sim {
namespace {

constexpr int pid_first = 1000;
constexpr int pid_max = 99'999;       // PID_MAX in sys/sys/proc.h
constexpr int forks_charged_cpu = 1;  // percent of a CPU that a forked child uses

// The signal of an rctl action that ends a process; 0: none, or one that it survives.
int fatal_signal(const std::string& action) {
  if (action == "sigkill") return SIGKILL;
  if (action == "sigterm") return SIGTERM;
  if (action == "sigint") return SIGINT;
  if (action == "sighup") return SIGHUP;
  return 0;
}

}  // namespace

const Process* SimKernel::process(int pid) const {
  const auto found = processes_.find(pid);
  return found == processes_.end() ? nullptr : &found->second;
}

std::size_t SimKernel::processes_below(int jid) const {
  const Jail* jail = find(jid);
  if (jail == nullptr) return 0;
  std::size_t count = jail->pids.size();
  for (const int child : jail->children) count += processes_below(child);
  return count;
}

void SimKernel::charge(int jid, int processes, int threads, int cpu_percent) {
  for (const Jail* jail = find(jid); jail != nullptr; jail = find(jail->parent)) {
    accounts_.charge(jail->name, timeline_.now(), processes, threads, cpu_percent);
  }
}

Process& SimKernel::add_process(int jid, Start start) {
  do {
    last_pid_ = last_pid_ >= pid_max ? pid_first : last_pid_ + 1;
  } while (processes_.contains(last_pid_));
  Process& process = processes_[last_pid_];
  process.pid = last_pid_;
  process.parent = start.parent != 0 ? start.parent : 1;
  process.jid = jid;
  process.command = std::move(start.command);
  process.user = std::move(start.user);
  process.run = start.run;
  process.started = timeline_.now();
  process.started_at = timeline_.wall_now();
  process.threads = start.program.threads;
  process.cpu_percent = start.program.cpu_percent;
  process.ignores_term = start.program.ignores_term;
  process.stuck = start.program.stuck;
  process.zombie = start.program.zombie;
  if (jid != 0) {
    Jail& jail = jails_.at(jid);
    jail.pids.push_back(process.pid);
    charge(jid, 1, process.threads, process.cpu_percent);
    observe_entry(jail, process);
  }
  return process;
}

Result<int> SimKernel::start(int jid, Start start) {
  if (jid != 0) {
    Jail* jail = find_mutable(jid);
    if (jail == nullptr) return refuse(EINVAL, "jail_attach " + std::to_string(jid));
    if (jail->dying) {
      if (start.run != 0) note(Finding::call_on_dying_jail, jail->name, "jail_attach");
      return refuse(EINVAL, "jail_attach " + std::to_string(jid) + ", the jail is dying");
    }
    tell_limit_hits(jail->name, accounts_.overstepped(jail->name, start.program.threads, {}));
    jail->lingers = std::max(jail->lingers, start.program.lingers);
  }
  Program program = start.program;
  const int pid = add_process(jid, std::move(start)).pid;
  run_program(pid, std::move(program));
  return pid;
}

void SimKernel::run_program(int pid, Program program) {
  if (program.effect) program.effect(*this);
  bool refused = false;
  for (int made = 0; made < program.forks && !refused; ++made) refused = !fork(pid).has_value();
  const auto found = processes_.find(pid);
  if (found == processes_.end()) return;
  if (refused) {
    end_at(found->second, timeline_.now(), 1, 0);
  } else if (program.runs) {
    end_at(found->second, timeline_.now() + *program.runs, program.code, program.signal);
  }
}

Result<int> SimKernel::fork(int pid) {
  const auto found = processes_.find(pid);
  if (found == processes_.end()) return refuse(ESRCH, "process " + std::to_string(pid));
  if (const auto allowed = limits_allow(found->second); !allowed) return Fail(allowed.error());
  Start start;
  start.parent = pid;
  start.command = found->second.command;
  start.user = found->second.user;
  start.program.cpu_percent = std::min(found->second.cpu_percent, forks_charged_cpu);
  start.program.ignores_term = found->second.ignores_term;
  const std::vector<std::uint64_t> rules = found->second.extra_rules;
  const std::optional<CpuList> cpus = found->second.own_cpus;
  Process& child = add_process(found->second.jid, std::move(start));
  child.extra_rules = rules;
  child.own_cpus = cpus;
  const int child_pid = child.pid;
  processes_.at(pid).children.push_back(child_pid);
  return child_pid;
}

// Whether racct lets `parent` have one more child; a rule with a signal strikes the parent.
Result<void> SimKernel::limits_allow(const Process& parent) {
  const Jail* jail = find(parent.jid);
  if (jail == nullptr) return {};
  const auto over = accounts_.overstepped(jail->name, 1, parent.extra_rules);
  if (over.empty()) return {};
  tell_limit_hits(jail->name, over);
  for (const RuleInForce* each : over) {
    if (const int signal = fatal_signal(each->rule.action()); signal != 0) (void)kill(parent.pid, signal);
  }
  for (const RuleInForce* each : over) {
    if (each->rule.action() == "deny") return refuse(EAGAIN, "fork, rule " + each->rule.kernel_text(jail->name));
  }
  return {};
}

void SimKernel::tell_limit_hits(const std::string& jail, const std::vector<const RuleInForce*>& over) {
  if (listener_ == nullptr) return;
  for (const RuleInForce* each : over) {
    if (each->rule.action() == "devctl") listener_->limit_hit(jail, each->rule.resource());
  }
}

void SimKernel::end_at(Process& process, Moment when, int code, int signal) {
  if (process.ends_at && *process.ends_at <= when) return;
  timeline_.cancel(process.end);
  process.ends_at = when;
  process.code = code;
  process.signal = signal;
  process.end = timeline_.at(when, [this, pid = process.pid] {
    const Process& ended = processes_.at(pid);
    exit(pid, ended.code, ended.signal);
  });
}

Result<void> SimKernel::kill(int pid, int signal) {
  const auto found = processes_.find(pid);
  if (found == processes_.end()) return refuse(ESRCH, "process " + std::to_string(pid));
  Process& process = found->second;
  if (process.stuck) return {};
  const bool soft = signal == SIGTERM || signal == SIGINT || signal == SIGHUP;
  if (signal == SIGKILL || (soft && !process.ignores_term)) {
    end_at(process, timeline_.now() + options_.signal_delay, 0, signal);
  }
  return {};
}

void SimKernel::exit(int pid, int code, int signal) {
  auto node = processes_.extract(pid);
  const Process& process = node.mapped();
  const int jid = process.jid;
  if (Jail* jail = find_mutable(jid)) {
    const auto at = std::find(jail->pids.begin(), jail->pids.end(), pid);
    *at = jail->pids.back();
    jail->pids.pop_back();
    jail->zombies += process.zombie ? 1 : 0;
    charge(jid, process.zombie ? 0 : -1, -process.threads, -process.cpu_percent);
    if (jail->pids.empty() && listener_ != nullptr) listener_->jail_emptied(*jail);
  }
  if (process.run != 0) monitors_->child_ended(process, code, signal);
  settle(jid);
  end_of_last_reference(jid);
}

Result<void> SimKernel::set_process_cpus(int pid, CpuList cpus) {
  const auto found = processes_.find(pid);
  if (found == processes_.end()) return refuse(ESRCH, "process " + std::to_string(pid));
  const Jail* jail = find(found->second.jid);
  if (!cpus.within(jail != nullptr ? jail->cpus : cpus_)) return refuse(EINVAL, "cpuset " + cpus.text());
  found->second.own_cpus = std::move(cpus);
  return {};
}

}  // namespace jaild::host::sim
