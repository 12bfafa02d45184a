#include "daemon/host/sim/monitors.h"

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "daemon/host/sim/kernel.h"
#include "daemon/host/sim/refusal.h"

namespace jaild::host::sim {
namespace {

// Between TERM and KILL for a command that exceeded its time: enough to remove a lock file.
constexpr std::chrono::seconds kill_after{2};
// After KILL the monitor answers, whether or not the kernel could end the process.
constexpr std::chrono::seconds answer_after{1};

std::unexpected<Error> lost(const core::JailKey& key) {
  return Fail(Kind::unavailable, "the monitor of jail " + key.name + " does not answer");
}

LastExit exit_of(int code, int signal, WallTime at) {
  LastExit exit;
  exit.at = at;
  exit.signal = signal;
  if (signal == 0) exit.code = code;
  exit.reason =
      signal != 0 ? "command was ended by " + signal_name(signal) : "command exited with " + std::to_string(code);
  return exit;
}

}  // namespace

std::string signal_name(int signal) {
  if (signal == SIGKILL) return "SIGKILL";
  if (signal == SIGTERM) return "SIGTERM";
  if (signal == SIGINT) return "SIGINT";
  if (signal == SIGHUP) return "SIGHUP";
  if (signal == SIGSEGV) return "SIGSEGV";
  if (signal == SIGABRT) return "SIGABRT";
  return "signal " + std::to_string(signal);
}

Monitors::Monitor* Monitors::find(std::uint64_t run) {
  const auto found = monitors_.find(run);
  return found == monitors_.end() ? nullptr : &found->second;
}

Monitors::Hook* Monitors::find_hook(std::uint64_t run, int pid) {
  Monitor* monitor = find(run);
  if (monitor == nullptr) return nullptr;
  const auto at =
      std::find_if(monitor->hooks.begin(), monitor->hooks.end(), [&](const Hook& h) { return h.pid == pid; });
  return at == monitor->hooks.end() ? nullptr : &*at;
}

void Monitors::open(const core::JailKey& key) {
  Monitor& monitor = monitors_[key.run];
  if (monitor.key.name.empty()) monitor.key = key;
  if (key.jid != 0) adopt(key.run, key.jid);
}

void Monitors::adopt(std::uint64_t run, int jid) {
  Monitor* monitor = find(run);
  if (monitor == nullptr) return;
  monitor->key.jid = jid;
  kernel_.bind_run(jid, run);
}

void Monitors::close(std::uint64_t run) {
  end(run, false);
}

bool Monitors::kill(std::uint64_t run) {
  if (find(run) == nullptr) return false;
  end(run, true);
  return true;
}

void Monitors::end(std::uint64_t run, bool by_accident) {
  auto node = monitors_.extract(run);
  if (node.empty()) return;
  const Monitor& monitor = node.mapped();
  KernelListener* listener = kernel_.listener();
  for (const Hook& each : monitor.hooks) {
    kernel_.timeline().cancel(each.timer);
    if (each.ticket != 0 && listener != nullptr) listener->command_ended(each.ticket, lost(monitor.key));
  }
  if (by_accident && listener != nullptr) listener->monitor_lost(monitor.key);
}

Result<void> Monitors::run(const core::JailKey& key, const core::Command& command, std::uint64_t ticket) {
  if (find(key.run) == nullptr) return lost(key);
  SimKernel::Start start;
  start.command = command.line;
  if (!command.user.empty()) start.user = command.user;
  start.run = key.run;
  start.program = kernel_.programs.of(command.line, false);
  const auto pid = kernel_.start(command.in_jail ? key.jid : 0, std::move(start));
  if (!pid) return Fail(pid.error().in(command.phase));
  Monitor* monitor = find(key.run);
  if (monitor == nullptr) return lost(key);  // what the command does may be to kill it
  Hook hook;
  hook.pid = *pid;
  hook.ticket = ticket;
  if (command.timeout.count() > 0) {
    hook.timer = kernel_.timeline().at(kernel_.timeline().now() + command.timeout,
                                       [this, run = key.run, pid = *pid] { end_hook(run, pid, true); });
  }
  monitor->hooks.push_back(std::move(hook));
  return {};
}

void Monitors::cancel(std::uint64_t run) {
  const Monitor* monitor = find(run);
  if (monitor == nullptr) return;
  std::vector<int> pids;
  for (const Hook& each : monitor->hooks) pids.push_back(each.pid);
  for (const int pid : pids) end_hook(run, pid, false);
}

std::optional<int> Monitors::pid_of(std::uint64_t run, std::uint64_t ticket) const {
  const auto monitor = monitors_.find(run);
  if (monitor == monitors_.end()) return std::nullopt;
  for (const Hook& each : monitor->second.hooks) {
    if (each.ticket == ticket) return each.pid;
  }
  return std::nullopt;
}

void Monitors::end_command(std::uint64_t run, std::uint64_t ticket) {
  if (const auto pid = pid_of(run, ticket)) end_hook(run, *pid, false);
}

void Monitors::signal_command(std::uint64_t run, std::uint64_t ticket, int signal) {
  if (const auto pid = pid_of(run, ticket)) (void)kernel_.kill(*pid, signal);
}

// TERM to the command and its children.
void Monitors::end_hook(std::uint64_t run, int pid, bool timed_out) {
  Hook* hook = find_hook(run, pid);
  if (hook == nullptr || !hook->group.empty()) return;
  hook->timed_out = timed_out;
  hook->group.push_back(pid);
  if (const Process* process = kernel_.process(pid)) {
    hook->group.insert(hook->group.end(), process->children.begin(), process->children.end());
  }
  for (const int each : hook->group) (void)kernel_.kill(each, SIGTERM);
  kernel_.timeline().cancel(hook->timer);
  hook->timer =
      kernel_.timeline().at(kernel_.timeline().now() + kill_after, [this, run, pid] { finish_off(run, pid); });
}

void Monitors::finish_off(std::uint64_t run, int pid) {
  Hook* hook = find_hook(run, pid);
  if (hook == nullptr) return;
  for (const int each : hook->group) (void)kernel_.kill(each, SIGKILL);
  hook->timer = kernel_.timeline().at(kernel_.timeline().now() + answer_after, [this, run, pid] { give_up(run, pid); });
}

void Monitors::give_up(std::uint64_t run, int pid) {
  if (const Hook* hook = find_hook(run, pid)) answer(run, pid, {std::nullopt, SIGKILL, hook->timed_out});
}

void Monitors::answer(std::uint64_t run, int pid, core::CommandResult result) {
  Monitor* monitor = find(run);
  const Hook* hook = find_hook(run, pid);
  kernel_.timeline().cancel(hook->timer);
  const std::uint64_t ticket = hook->ticket;
  monitor->hooks.erase(monitor->hooks.begin() + (hook - monitor->hooks.data()));
  if (ticket != 0 && kernel_.listener() != nullptr) kernel_.listener()->command_ended(ticket, result);
}

Result<void> Monitors::start_main(const core::JailKey& key, const core::Command& command) {
  const Monitor* before = find(key.run);
  if (before == nullptr) return lost(key);
  if (before->main_pid != 0)
    return Fail(Kind::conflict, "the main command of jail " + key.name + " runs already", EEXIST);
  SimKernel::Start start;
  start.command = command.line;
  if (!command.user.empty()) start.user = command.user;
  start.run = key.run;
  start.program = kernel_.programs.of(command.line, true);
  const auto pid = kernel_.start(key.jid, std::move(start));
  if (!pid) return Fail(pid.error().in(command.phase));
  Monitor* monitor = find(key.run);
  if (monitor == nullptr) return lost(key);
  monitor->main_started = true;
  monitor->main_pid = *pid;
  monitor->main_exit.reset();
  return {};
}

void Monitors::child_ended(const Process& process, int code, int signal) {
  Monitor* monitor = find(process.run);
  if (monitor == nullptr) return;
  if (process.pid == monitor->main_pid) {
    monitor->main_pid = 0;
    monitor->main_exit = exit_of(code, signal, kernel_.timeline().wall_now());
    if (kernel_.listener() != nullptr) kernel_.listener()->main_exited(monitor->key, *monitor->main_exit);
    return;
  }
  const Hook* hook = find_hook(process.run, process.pid);
  if (hook == nullptr) return;
  if (!hook->group.empty()) {  // it was to end: so are its children, at once
    for (const int each : hook->group) {
      if (each != process.pid) (void)kernel_.kill(each, SIGKILL);
    }
  }
  core::CommandResult result;
  if (signal == 0) result.code = code;
  result.signal = signal;
  result.timed_out = hook->timed_out;
  answer(process.run, process.pid, result);
}

std::optional<core::JailKey> Monitors::key_of(std::uint64_t run) const {
  const auto found = monitors_.find(run);
  return found == monitors_.end() ? std::nullopt : std::optional(found->second.key);
}

std::optional<int> Monitors::main_pid(std::uint64_t run) const {
  const auto found = monitors_.find(run);
  return found == monitors_.end() || found->second.main_pid == 0 ? std::nullopt : std::optional(found->second.main_pid);
}

std::vector<core::MonitorFacts> Monitors::facts() const {
  std::vector<core::MonitorFacts> facts;
  facts.reserve(monitors_.size());
  for (const auto& [run, each] : monitors_) facts.push_back({each.key, each.main_started, each.main_exit});
  return facts;
}

std::vector<std::string> Monitors::names() const {
  std::vector<std::string> names;
  for (const auto& [run, each] : monitors_) names.push_back(each.key.name);
  return names;
}

void Monitors::forget_tickets() {
  for (auto& [run, monitor] : monitors_) {
    for (Hook& each : monitor.hooks) each.ticket = 0;
  }
}

void Monitors::reboot() {
  for (auto& [run, monitor] : monitors_) {
    for (Hook& each : monitor.hooks) kernel_.timeline().cancel(each.timer);
  }
  monitors_.clear();
}

}  // namespace jaild::host::sim
