#include "daemon/monitor/commands.h"

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include "daemon/monitor/protocol.h"

namespace jaild::monitor {
namespace {

// While a command is being ended: how often its descendants are looked for.
constexpr std::chrono::milliseconds look_interval{50};

// So that hooks and health checks find room beside them.
constexpr std::ptrdiff_t by_hand_max = commands_max / 2;

}  // namespace

Result<void> Commands::start(std::int64_t id, const Launch& launch, Mode mode, Clock::time_point now,
                             UniqueFd lifeline) {
  const auto by_hand = std::ranges::count_if(running_, [](const auto& each) { return each->mode == Mode::by_hand; });
  if (running_.size() >= commands_max || (mode == Mode::by_hand && by_hand >= by_hand_max)) {
    return Fail(Kind::overloaded, "too many commands at once");
  }
  auto running = std::make_unique<Running>();
  running->id = id;
  running->mode = mode;
  running->phase = launch.command.phase;
  running->in_jail = launch.command.in_jail;
  running->started = now;
  if (launch.command.timeout.count() > 0) running->deadline = now + launch.command.timeout;
  if (!running->in_jail && mode == Mode::foreground) running->children_before = own_children();
  auto child = monitor::launch(launch, jail_);
  if (!child) return Fail(child.error());
  running->child = std::move(*child);
  running->lifeline = std::move(lifeline);
  if (running->in_jail) inside_.push_back(running->child.pid);
  for (const auto& other : running_) {
    if (other->ending) other->ending->spare(running->child.pid);
  }
  running_.push_back(std::move(running));
  return {};
}

std::size_t Commands::cancel(std::optional<std::int64_t> id, Clock::time_point now) {
  std::size_t count = 0;
  for (const auto& running : running_) {
    if (running->mode == Mode::main || running->mode == Mode::by_hand || (id && running->id != *id)) continue;
    ++count;
    running->canceled = true;
    if (!running->ending) begin_ending(*running, now);
  }
  return count;
}

bool Commands::signal(std::int64_t id, int number) const {
  for (const auto& running : running_) {
    if (running->mode != Mode::by_hand || running->id != id || running->status) continue;
    return ::kill(-running->child.process(), number) == 0;  // it leads a session of its own, hence a group
  }
  return false;
}

std::vector<int> Commands::report_fds() const {
  std::vector<int> fds;
  for (const auto& running : running_) {
    if (running->child.report) fds.push_back(running->child.report.get());
    if (running->lifeline) fds.push_back(running->lifeline.get());
  }
  return fds;
}

void Commands::on_report(int fd) {
  for (const auto& running : running_) {
    if (running->child.report.get() == fd) settle(*running, Clock::now());
    if (running->lifeline.get() == fd) look_at_lifeline(*running, Clock::now());
  }
  forget_done();
}

// What was forked for the jail has had its child there: that is the one inside from now on.
void Commands::note_births() {
  for (const auto& running : running_) {
    const pid_t born = running->child.born.get();
    if (born == 0 || running->birth_noted) continue;
    running->birth_noted = true;
    std::ranges::replace(inside_, running->child.pid, born);
    for (const auto& other : running_) {
      if (other->ending) other->ending->spare(born);
    }
  }
}

void Commands::on_exit(pid_t pid, int status) {
  note_births();
  std::erase(inside_, pid);
  const auto now = Clock::now();
  for (const auto& running : running_) {
    if (running->child.process() != pid || running->status) continue;
    running->status = status;
    settle(*running, now);
  }
  forget_done();
}

// Takes what the child reported, then moves on as far as report and exit allow.
void Commands::settle(Running& running, Clock::time_point now) {
  note_births();
  bool report_ended = !running.child.report;
  while (!report_ended) {
    std::array<char, 512> bytes{};
    const ssize_t got = ::read(running.child.report.get(), bytes.data(), bytes.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) break;  // EAGAIN: neither exec'ed nor failed yet
    report_ended = got == 0;
    running.report_text.append(bytes.data(), static_cast<std::size_t>(got));
  }
  const bool first = report_ended && running.child.report;
  if (report_ended) running.child.report.reset();
  if (first && running.report_text.empty() && running.mode != Mode::foreground) {
    events_.push_back(event_of(running, CommandEvent::What::started));
    running.done = running.mode == Mode::background;
  }
  if (!running.status || !report_ended || running.done) return;
  if (!running.report_text.empty() && !running.ending) return fail(running);
  if (!running.ending) finish(running, now);
}

// Nothing is ever sent through it to us: it can only end.
void Commands::look_at_lifeline(Running& running, Clock::time_point now) {
  char byte = 0;
  const ssize_t got = ::recv(running.lifeline.get(), &byte, 1, MSG_DONTWAIT);
  if (got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR))) return;
  running.lifeline.reset();
  running.canceled = true;
  if (!running.ending) begin_ending(running, now);
}

void Commands::fail(Running& running) {
  CommandEvent event = event_of(running, CommandEvent::What::failed);
  event.error = decode_report(running.report_text);
  events_.push_back(std::move(event));
  running.done = true;
}

void Commands::finish(Running& running, Clock::time_point now) {
  CommandEvent event = event_of(running, CommandEvent::What::finished);
  event.outcome = {running.status, running.timed_out, running.canceled, now - running.started};
  events_.push_back(std::move(event));
  running.done = true;
}

void Commands::begin_ending(Running& running, Clock::time_point now) {
  tell_to_end(running, look_at_tree(running));
  running.kill_from = now + kill_grace;
  running.deadline = now + look_interval;
}

// What ends has not had its child in the jail yet, or has: then the tree is that one's.
std::vector<pid_t> Commands::look_at_tree(Running& running) {
  if (running.ending_root != running.child.process()) {
    // In-jail orphans go to the jail's pid 1 (Linux) or are told apart by their session; ours are those of host
    // commands.
    const pid_t reaper = running.in_jail ? 0 : ::getpid();
    std::set<pid_t> bystanders(running.children_before.begin(), running.children_before.end());
    for (const auto& other : running_) bystanders.insert({other->child.pid, other->child.process()});
    bystanders.insert(inside_.begin(), inside_.end());
    if (const auto jid = jail_.jid()) bystanders.insert(*jid);
    running.ending_root = running.child.process();
    running.ending = std::make_unique<ProcessTree>(running.ending_root, reaper, std::move(bystanders));
  }
  return running.ending->look(all_processes());
}

// Once each: to many programs a second TERM means at once. HUP, too, to what somebody ran by hand: interactive shells
// ignore TERM.
void Commands::tell_to_end(Running& running, const std::vector<pid_t>& members) {
  for (const pid_t pid : members) {
    if (!running.told.insert(pid).second) continue;
    const std::uint64_t start_time = running.ending->start_time(pid);
    if (running.mode == Mode::by_hand) signal_process(pid, start_time, SIGHUP);
    signal_process(pid, start_time, SIGTERM);
  }
}

void Commands::go_on_ending(Running& running, Clock::time_point now) {
  const auto alive = look_at_tree(running);
  if (alive.empty() && running.status) return finish(running, now);
  if (now >= *running.kill_from + kill_patience) return finish(running, now);
  if (now < *running.kill_from) {
    tell_to_end(running, alive);
  } else if (!kill_tree(running.ending_root)) {
    for (const pid_t pid : alive) signal_process(pid, running.ending->start_time(pid), SIGKILL);
  }
  running.deadline = now + look_interval;
}

void Commands::tick(Clock::time_point now) {
  for (const auto& running : running_) {
    if (running->done || !running->deadline || *running->deadline > now) continue;
    if (running->ending) {
      go_on_ending(*running, now);
    } else {
      running->timed_out = true;
      begin_ending(*running, now);
    }
  }
  forget_done();
}

std::optional<Clock::time_point> Commands::next_deadline() const {
  std::optional<Clock::time_point> next;
  for (const auto& running : running_) {
    if (running->deadline && (!next || *running->deadline < *next)) next = running->deadline;
  }
  return next;
}

std::vector<CommandEvent> Commands::take_events() {
  return std::exchange(events_, {});
}

std::optional<pid_t> Commands::main_pid() const {
  for (const auto& running : running_) {
    if (running->mode == Mode::main) return running->child.process();
  }
  return std::nullopt;
}

std::vector<CommandEvent> Commands::under_way() const {
  std::vector<CommandEvent> result;
  for (const auto& running : running_) {
    const bool answered = running->mode == Mode::main || running->mode == Mode::by_hand;
    if (!answered) result.push_back(event_of(*running, CommandEvent::What::started));
  }
  return result;
}

CommandEvent Commands::event_of(const Running& running, CommandEvent::What what) const {
  CommandEvent event;
  event.what = what;
  event.id = running.id;
  event.is_main = running.mode == Mode::main;
  event.by_hand = running.mode == Mode::by_hand;
  event.phase = running.phase;
  event.pid = running.child.process();
  return event;
}

void Commands::forget_done() {
  std::erase_if(running_, [](const auto& running) { return running->done; });
}

}  // namespace jaild::monitor
