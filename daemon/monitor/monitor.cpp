#include "daemon/monitor/monitor.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "api/contract/json.h"
#include "daemon/monitor/exit_record.h"
#include "daemon/monitor/file_record.h"

namespace jaild::monitor {
namespace {

constexpr std::chrono::milliseconds newcomer_interval{100};
constexpr std::chrono::seconds losses_interval{1};

void sooner(std::optional<Clock::time_point>& next, std::optional<Clock::time_point> other) {
  if (other && (!next || *other < *next)) next = other;
}

}  // namespace

Monitor::Monitor(const Options& options, Server server, Signals signals)
    : options_(options),
      server_(std::move(server)),
      signals_(std::move(signals)),
      console_(ConsoleLog(options.log_path(), options.run), options.log_rate),
      jail_(options),
      commands_(jail_) {}

Result<void> Monitor::prepare() {
  return jail_.prepare();
}

void Monitor::run() {
  server_.claim();
  console_.say("start " + std::to_string(options_.run));
  while (!done_) {
    auto fds = interest();
    const int ready = ::poll(fds.data(), static_cast<nfds_t>(fds.size()), poll_timeout(Clock::now()));
    if (ready > 0) {
      for (const pollfd& fd : fds) {
        if (fd.revents != 0) dispatch(fd);
      }
    }
    tick(Clock::now());
    handle_events();
    note_losses(Clock::now());
  }
  console_.drain();
  server_.flush();
  // Best effort, we end here: what stays is a dead socket and a record that the next jaild clears away.
  [[maybe_unused]] const auto unlinked = remove_record(options_.socket_path());
  if (forget_) [[maybe_unused]]
    const auto forgotten = remove_record(options_.exit_record_path());
}

std::vector<pollfd> Monitor::interest() const {
  std::vector<pollfd> fds{{signals_.fd(), POLLIN, 0}, {server_.listener(), POLLIN, 0}};
  if (server_.connection() >= 0) {
    const short events = server_.wants_to_write() ? POLLIN | POLLOUT : POLLIN;
    fds.push_back({server_.connection(), events, 0});
  }
  if (server_.candidate() >= 0) fds.push_back({server_.candidate(), POLLIN, 0});
  if (jail_.event_fd() >= 0) fds.push_back({jail_.event_fd(), POLLIN, 0});
  for (const int fd : console_.readers(Clock::now())) fds.push_back({fd, POLLIN, 0});
  for (const int fd : commands_.report_fds()) fds.push_back({fd, POLLIN, 0});
  return fds;
}

int Monitor::poll_timeout(Clock::time_point now) const {
  std::optional<Clock::time_point> next = commands_.next_deadline();
  sooner(next, create_deadline_);
  sooner(next, console_.next_deadline());
  if (subscribed_ && console_.losses() != told_losses_) sooner(next, next_losses_);
  for (const Wait& wait : terminations_) sooner(next, std::min(wait.next_look, wait.deadline));
  for (const Wait& wait : removals_) sooner(next, wait.deadline);
  if (!next) return -1;
  if (*next <= now) return 0;
  constexpr Milliseconds longest = std::chrono::hours(1);  // poll(2) takes an int
  return static_cast<int>(std::min(std::chrono::ceil<Milliseconds>(*next - now), longest).count());
}

// A descriptor closed by an earlier one of the same round may be in the list still: every handler checks by itself
// whether it is its own, and reading an empty one is no error.
void Monitor::dispatch(const pollfd& ready) {
  if (ready.fd == signals_.fd()) {
    signals_.drain();
    reap();
  } else if (ready.fd == server_.listener()) {
    server_.accept();
  } else if (ready.fd == server_.candidate()) {
    if (server_.promote()) subscribed_ = false;
  } else if (ready.fd == server_.connection()) {
    if ((ready.revents & POLLOUT) != 0) server_.flush();
    if ((ready.revents & ~POLLOUT) == 0 || server_.connection() < 0) return;
    for (const std::string& line : server_.receive()) {
      if (!handle_line(line)) return server_.close_connection();
    }
  } else if (ready.fd == jail_.event_fd()) {
    jail_.on_readable();
    for (const ChildExit& exit : jail_.take_exits()) on_exit(exit);
  } else {
    commands_.on_report(ready.fd);
    console_.read_from(ready.fd, Clock::now());
  }
}

void Monitor::reap() {
  int status = 0;
  for (pid_t pid = ::waitpid(-1, &status, WNOHANG); pid > 0; pid = ::waitpid(-1, &status, WNOHANG)) {
    if (!jail_.on_exit(pid, status)) on_exit({pid, status});
  }
}

void Monitor::on_exit(const ChildExit& exit) {
  commands_.on_exit(exit.pid, exit.status);
  jail_.ask_whether_empty();
}

void Monitor::tick(Clock::time_point now) {
  commands_.tick(now);
  console_.tick(now);
  if (create_deadline_ && *create_deadline_ <= now) {
    create_deadline_.reset();
    jail_.cancel_create();
  }
  for (Wait& wait : terminations_) {
    if (wait.next_look <= now || wait.deadline <= now) look_at_termination(wait, now);
  }
  std::erase_if(terminations_, [](const Wait& wait) { return wait.id == 0; });
  for (Wait& wait : removals_) {
    if (wait.deadline > now) continue;
    refuse(wait.id, Error{Kind::timeout, "the jail's processes do not die", 0, {}}, true);
    wait.id = 0;
  }
  std::erase_if(removals_, [](const Wait& wait) { return wait.id == 0; });
}

void Monitor::handle_events() {
  const auto events = commands_.take_events();
  if (!events.empty()) console_.catch_up(Clock::now());  // so that whoever hears of an end finds the last words
  for (const CommandEvent& event : events) on_command(event);
  for (const JailEvent event : jail_.take_events()) on_jail(event);
}

// ---- what happened

void Monitor::on_command(const CommandEvent& event) {
  switch (event.what) {
    case CommandEvent::What::started:
      if (event.is_main) return answer(event.id, {{"pid", event.pid}, {"phase", event.phase}}, true);
      if (event.by_hand) return answer(event.id, {{"pid", event.pid}});
      return answer(event.id, {{"code", 0}, {"seconds", 0.0}, {"phase", event.phase}}, true);
    case CommandEvent::What::failed:
      if (event.by_hand) return refuse(event.id, event.error);
      if (event.is_main) main_started_ = false;
      console_.say(event.phase + ": " + event.error.message);
      return refuse(event.id, event.error, true, event.phase);
    case CommandEvent::What::finished:
      if (event.is_main) return on_main_exit(event);
      if (event.by_hand) {
        json ended = outcome_fields(event);
        ended["note"] = "exec_exited";
        ended["id"] = event.id;
        return note(ended);
      }
      return answer(event.id, outcome_fields(event), true);
  }
}

void Monitor::on_main_exit(const CommandEvent& event) {
  main_exit_ = last_exit(event.outcome, std::chrono::system_clock::now());
  note({{"note", "main_exited"}, {"exit", to_json(*main_exit_)}});
  const auto written = write_record(options_.exit_record_path(), exit_record(options_, *main_exit_));
  if (!written) console_.say("exit record: " + written.error().message);
}

void Monitor::on_jail(JailEvent event) {
  switch (event) {
    case JailEvent::created:
      create_deadline_.reset();
      if (creating_) answer(*creating_, {{"jid", *jail_.jid()}, {"start_time", jail_.start_time().value_or(0)}}, true);
      creating_.reset();
      return;
    case JailEvent::failed: {
      create_deadline_.reset();
      const Error failure = jail_.take_failure();
      if (creating_) refuse(*creating_, failure, true);
      creating_.reset();
      for (const Wait& wait : removals_) answer(wait.id, json::object(), true);
      removals_.clear();
      return;
    }
    case JailEvent::empty:
      // A child of ours may have been started after this was sent.
      if (!ran_inside_ || !commands_.inside().empty() || jail_.gone()) return;
      ran_inside_ = false;
      return note({{"note", "empty"}});
    case JailEvent::gone:
      ran_inside_ = false;
      note({{"note", "gone"}});
      for (const Wait& wait : removals_) answer(wait.id, json::object(), true);
      removals_.clear();
      return;
  }
}

void Monitor::look_at_termination(Wait& wait, Clock::time_point now) {
  const std::size_t left = jail_.terminate(commands_.inside(), wait.told);
  wait.next_look = now + newcomer_interval;
  if (left != 0 && now < wait.deadline) return;
  answer(wait.id, {{"left", left}}, true);
  wait.id = 0;
}

// ---- answers

void Monitor::answer(std::int64_t id, json body, bool keep) {
  body["id"] = id;
  if (!body.contains("ok")) body["ok"] = true;
  constexpr std::size_t answers_max = 16;
  if (keep) {
    if (answers_.size() == answers_max) answers_.pop_front();
    answers_.push_back(body);
  }
  server_.send(to_text(body));
}

void Monitor::refuse(std::int64_t id, const Error& error, bool keep, const std::string& phase) {
  json body{{"ok", false}, {"error", error.message}, {"kind", kind_name(error.kind)}};
  if (error.os_errno != 0) body["errno"] = error.os_errno;
  if (!phase.empty()) body["phase"] = phase;
  answer(id, std::move(body), keep);
}

void Monitor::note(const json& body) {
  if (subscribed_) server_.send(to_text(body));
}

void Monitor::note_losses(Clock::time_point now) {
  if (!subscribed_ || now < next_losses_) return;
  Console::Losses losses = console_.losses();
  if (losses == told_losses_) return;
  json body{{"note", "lost"}, {"lost_lines", losses.lines}};
  if (!losses.error.empty()) body["log_error"] = losses.error;
  note(body);
  told_losses_ = std::move(losses);
  next_losses_ = now + losses_interval;
}

}  // namespace jaild::monitor
