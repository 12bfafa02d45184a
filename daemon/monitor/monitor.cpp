#include "daemon/monitor/monitor.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "api/contract/json.h"
#include "daemon/monitor/command_line.h"
#include "daemon/monitor/exit_record.h"
#include "daemon/monitor/file_record.h"
#include "daemon/monitor/protocol.h"

namespace jaild::monitor {
namespace {

constexpr std::chrono::milliseconds newcomer_interval{100};
constexpr std::size_t waits_max = 16;

void sooner(std::optional<Clock::time_point>& next, std::optional<Clock::time_point> other) {
  if (other && (!next || *other < *next)) next = other;
}

}  // namespace

Monitor::Monitor(const Options& options, Server server, Signals signals, Environment inherited)
    : options_(options),
      server_(std::move(server)),
      signals_(std::move(signals)),
      inherited_(std::move(inherited)),
      console_(ConsoleLog(options.log_path())),
      jail_(options),
      commands_(jail_) {}

Result<void> Monitor::prepare() {
  return jail_.prepare();
}

void Monitor::run() {
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
  if (jail_.event_fd() >= 0) fds.push_back({jail_.event_fd(), POLLIN, 0});
  for (const int fd : console_.readers()) fds.push_back({fd, POLLIN, 0});
  for (const int fd : commands_.report_fds()) fds.push_back({fd, POLLIN, 0});
  return fds;
}

int Monitor::poll_timeout(Clock::time_point now) const {
  std::optional<Clock::time_point> next = commands_.next_deadline();
  sooner(next, create_deadline_);
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
    if (server_.accept()) subscribed_ = false;
  } else if (ready.fd == server_.connection()) {
    if ((ready.revents & POLLOUT) != 0) server_.flush();
    if ((ready.revents & ~POLLOUT) == 0 || server_.connection() < 0) return;
    for (const std::string& line : server_.receive()) {
      if (!handle_line(line)) return server_.close_connection();
    }
  } else if (ready.fd == jail_.event_fd()) {
    jail_.on_readable();
  } else {
    commands_.on_report(ready.fd);
    console_.read_from(ready.fd);
  }
}

void Monitor::reap() {
  int status = 0;
  for (pid_t pid = ::waitpid(-1, &status, WNOHANG); pid > 0; pid = ::waitpid(-1, &status, WNOHANG)) {
    if (jail_.on_exit(pid, status)) continue;
    commands_.on_exit(pid, status);
    jail_.ask_whether_empty();
  }
}

void Monitor::tick(Clock::time_point now) {
  commands_.tick(now);
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
  for (const CommandEvent& event : commands_.take_events()) on_command(event);
  for (const JailEvent event : jail_.take_events()) on_jail(event);
}

// ---- requests
// ---------------------------------------------------------------------------------------------------------

bool Monitor::handle_line(const std::string& line) {
  const auto body = parse_json(line);
  if (!body || !body->is_object() || !body->contains("id") || !(*body)["id"].is_number_integer() ||
      !body->contains("request") || !(*body)["request"].is_string()) {
    return false;
  }
  const auto id = (*body)["id"].get<std::int64_t>();
  if (id < 1) return false;
  handle((*body)["request"].get<std::string>(), id, *body);
#if defined(__GLIBC__)
  constexpr std::size_t large = 64 * 1024;
  if (line.size() > large) ::malloc_trim(0);  // a large request must not stay in our megabyte
#endif
  return true;
}

void Monitor::handle(const std::string& name, std::int64_t id, const json& body) {
  if (name == "hello") return hello(id);
  if (name == "create") return create(id, body);
  if (name == "adopt") return adopt(id, body);
  if (name == "run") return run_command(id, body);
  if (name == "main") return start_main(id, body);
  if (name == "terminate") return terminate(id, body);
  if (name == "remove") return remove(id, body);
  if (name == "cancel") return cancel(id, body);
  if (name == "finish" || name == "exit") return finish(id, name == "finish");
  if (name == "limits") {
    const auto limits = parse_limits(body);
    const auto set = limits ? jail_.set_limits(*limits) : Result<void>(Fail(limits.error()));
    return set ? answer(id, json::object()) : refuse(id, set.error());
  }
  refuse(id, Error{Kind::invalid, "unknown request", 0, {}});
}

void Monitor::hello(std::int64_t id) {
  subscribed_ = true;
  json body{{"version", protocol_version},
            {"name", options_.name},
            {"run", options_.run},
            {"pid", ::getpid()},
            {"gone", jail_.gone()},
            {"empty", !ran_inside_},
            {"lost_lines", console_.log().lost_lines()}};
  if (const auto jid = jail_.jid()) body["jid"] = *jid;
  if (const auto start_time = jail_.start_time()) body["start_time"] = *start_time;
  body["main"] = main_exit_ ? "exited" : main_started_ ? "running" : "none";
  if (const auto pid = commands_.main_pid()) body["main_pid"] = *pid;
  if (main_exit_) body["exit"] = to_json(*main_exit_);
  body["commands"] = json::array();
  for (const CommandEvent& each : commands_.under_way()) {
    body["commands"].push_back({{"id", each.id}, {"phase", each.phase}});
  }
  body["answers"] = json(answers_);
  answer(id, std::move(body));
}

void Monitor::create(std::int64_t id, const json& body) {
  const auto request = parse_create(body.value("jail", json()));
  if (!request) return refuse(id, request.error());
  if (creating_) return refuse(id, Error{Kind::conflict, "a create is under way", 0, {}});
  const auto begun = jail_.begin_create(*request);
  if (!begun) return refuse(id, begun.error(), true);
  creating_ = id;
  create_deadline_ = Clock::now() + request->timeout;
}

void Monitor::adopt(std::int64_t id, const json& body) {
  if (!body.contains("jid") || !body["jid"].is_number_integer()) {
    return refuse(id, Error{Kind::invalid, "\"jid\" must be a whole number", 0, {}});
  }
  const auto adopted = jail_.adopt(body["jid"].get<int>());
  return adopted ? answer(id, json::object()) : refuse(id, adopted.error());
}

Result<Commands::Mode> Monitor::launch(std::int64_t id, const CommandRequest& command, bool is_main) {
  if (command.in_jail && !jail_.exists()) return Fail(Kind::conflict, "there is no jail to run it in");
#if !defined(__FreeBSD__)
  if (command.fib != 0) return Fail(Kind::invalid, "exec.fib is not available here");
#endif
  const CommandLine line = parse_command_line(command.line);
  const auto pipe = console_.pipe(command.phase);
  if (!pipe) return Fail(pipe.error());
  if (command.in_jail) jail_.keep_console(pipe->reader);
  const Launch launch{command, line.argv, inherited_, {options_.name, command.path, jail_.jid()}, pipe->writer};
  const auto mode = is_main           ? Commands::Mode::main
                    : line.background ? Commands::Mode::background
                                      : Commands::Mode::foreground;
  const auto started = commands_.start(id, launch, mode, Clock::now());
  if (!started) return Fail(started.error());
  if (command.in_jail) ran_inside_ = true;
  return mode;
}

void Monitor::run_command(std::int64_t id, const json& body) {
  const auto command = parse_command(body.value("command", json()));
  if (!command) return refuse(id, command.error());
  if (parse_command_line(command->line).argv.empty()) {
    return answer(id, {{"code", 0}, {"seconds", 0.0}, {"phase", command->phase}}, true);
  }
  const auto launched = launch(id, *command, false);
  if (!launched) refuse(id, launched.error(), true, command->phase);
}

void Monitor::start_main(std::int64_t id, const json& body) {
  auto command = parse_command(body.value("command", json()));
  if (!command) return refuse(id, command.error());
  command->timeout = Milliseconds(0);
  if (main_started_) return refuse(id, Error{Kind::conflict, "the main command was started already", 0, {}});
  if (parse_command_line(command->line).argv.empty()) {
    return refuse(id, Error{Kind::invalid, "the main command is empty", 0, {}});
  }
  const auto launched = launch(id, *command, true);
  if (!launched) return refuse(id, launched.error(), true, command->phase);
  main_started_ = true;
}

void Monitor::cancel(std::int64_t id, const json& body) {
  std::optional<std::int64_t> target;
  if (body.contains("target")) {
    if (!body["target"].is_number_integer()) {
      return refuse(id, Error{Kind::invalid, "\"target\" must be a whole number", 0, {}});
    }
    target = body["target"].get<std::int64_t>();
  }
  answer(id, {{"count", commands_.cancel(target, Clock::now())}});
}

void Monitor::terminate(std::int64_t id, const json& body) {
  const auto timeout = parse_timeout(body, "timeout_ms", Milliseconds(0));
  if (!timeout) return refuse(id, timeout.error());
  if (terminations_.size() == waits_max) return refuse(id, Error{Kind::overloaded, "too many requests", 0, {}});
  const auto now = Clock::now();
  terminations_.push_back({id, now + *timeout, now, {}});
}

void Monitor::look_at_termination(Wait& wait, Clock::time_point now) {
  const auto pids = jail_.processes(commands_.inside());
  for (const pid_t pid : pids) {
    if (wait.told.insert(pid).second) ::kill(pid, SIGTERM);
  }
  wait.next_look = now + newcomer_interval;
  if (!pids.empty() && now < wait.deadline) return;
  answer(wait.id, {{"left", pids.size()}}, true);
  wait.id = 0;
}

void Monitor::remove(std::int64_t id, const json& body) {
  const auto timeout = parse_timeout(body, "timeout_ms", Milliseconds(10000));
  if (!timeout) return refuse(id, timeout.error());
  if (removals_.size() == waits_max) return refuse(id, Error{Kind::overloaded, "too many requests", 0, {}});
  if (!jail_.exists() && !creating_) return answer(id, json::object(), true);
  const auto removed = jail_.remove();
  if (!removed) return refuse(id, removed.error(), true);
  const auto now = Clock::now();
  removals_.push_back({id, now + *timeout, now, {}});
}

void Monitor::finish(std::int64_t id, bool forget) {
  answer(id, json::object());
  done_ = true;
  forget_ = forget;
}

// ---- what happened
// ----------------------------------------------------------------------------------------------------

void Monitor::on_command(const CommandEvent& event) {
  switch (event.what) {
    case CommandEvent::What::started:
      if (event.is_main) return answer(event.id, {{"pid", event.pid}, {"phase", event.phase}}, true);
      return answer(event.id, {{"code", 0}, {"seconds", 0.0}, {"phase", event.phase}}, true);
    case CommandEvent::What::failed:
      if (event.is_main) main_started_ = false;
      console_.say(event.phase + ": " + event.error.message);
      return refuse(event.id, event.error, true, event.phase);
    case CommandEvent::What::finished:
      if (event.is_main) return on_main_exit(event);
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

// ---- answers
// ----------------------------------------------------------------------------------------------------------

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

}  // namespace jaild::monitor
