// The Monitor's requests: each is checked, then answered or begun.
#include <unistd.h>

#include <csignal>
#include <memory>

#include "api/contract/json.h"
#include "daemon/monitor/command_line.h"
#include "daemon/monitor/monitor.h"
#include "daemon/monitor/protocol.h"
#include "daemon/monitor/safe_path.h"

namespace jaild::monitor {
namespace {

constexpr std::size_t waits_max = 16;  // terminates and removes at once

// body[name] as a small number; absent: 0.
Result<std::size_t> parse_count(const nlohmann::json& body, const char* name) {
  constexpr std::int64_t most = 1024;
  const auto member = body.find(name);
  if (member == body.end()) return 0;
  const std::int64_t value = member->is_number_integer() ? member->get<std::int64_t>() : -1;
  if (value < 0 || value > most) return Fail(Kind::invalid, std::string("\"") + name + "\" is out of range");
  return static_cast<std::size_t>(value);
}

}  // namespace

bool Monitor::handle_line(const std::string& line) {
  const auto body = parse_json(line);
  if (!body || !body->is_object() || !body->contains("id") || !(*body)["id"].is_number_integer() ||
      !body->contains("request") || !(*body)["request"].is_string()) {
    return false;
  }
  const auto id = (*body)["id"].get<std::int64_t>();
  if (id < 1) return false;
  handle((*body)["request"].get<std::string>(), id, *body);
  return true;
}

void Monitor::handle(const std::string& name, std::int64_t id, const json& body) {
  if (name == "hello") return hello(id, body);
  if (name == "create") return create(id, body);
  if (name == "adopt") return adopt(id, body);
  if (name == "run") return run_command(id, body);
  if (name == "main") return start_main(id, body);
  if (name == "exec") return exec(id, body);
  if (name == "signal") return signal(id, body);
  if (name == "terminate") return terminate(id, body);
  if (name == "remove") return remove(id, body);
  if (name == "cancel") return cancel(id, body);
  if (name == "finish" || name == "exit") return finish(id, name == "finish");
  if (name == "limits") {
    const auto limits = parse_limits(body);
    const auto set = limits ? jail_.set_limits(*limits) : Result<void>(Fail(limits.error()));
    return set ? answer(id, json::object()) : refuse(id, set.error());
  }
  refuse(id, Error{Kind::invalid, unknown_request, 0, {}});
}

void Monitor::hello(std::int64_t id, const json& request) {
  auto environment = parse_environment(request);
  if (!environment) return refuse(id, environment.error());
  if (*environment) inherited_ = std::move(**environment);
  subscribed_ = true;
  told_losses_ = console_.losses();
  json body{{"version", protocol_version},
            {"name", options_.name},
            {"run", options_.run},
            {"pid", ::getpid()},
            {"gone", jail_.gone()},
            {"empty", !ran_inside_},
            {"lost_lines", told_losses_.lines}};
  if (!told_losses_.error.empty()) body["log_error"] = told_losses_.error;
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
  auto request = parse_create(body.value("jail", json()));
  if (!request) return refuse(id, request.error());
  if (creating_) return refuse(id, Error{Kind::conflict, "a create is under way", 0, {}});
  request->trees_file = options_.trees_path();
  const auto begun = jail_.begin_create(*request);
  if (!begun) return refuse(id, begun.error(), true);
  creating_ = id;
  create_deadline_ = Clock::now() + request->timeout;
}

void Monitor::adopt(std::int64_t id, const json& body) {
  if (!body.contains("jid") || !body["jid"].is_number_integer()) {
    return refuse(id, Error{Kind::invalid, "\"jid\" must be a whole number", 0, {}});
  }
  const auto limits = parse_limits(body);
  if (!limits) return refuse(id, limits.error());
  const bool limited = limits->cgroups || limits->rlimits;
  const auto set = limited ? jail_.set_limits(*limits) : Result<void>();
  if (!set) return refuse(id, set.error());
  const auto adopted = jail_.adopt(body["jid"].get<int>());
  if (!adopted) return refuse(id, adopted.error());
  answer(id, {{"jid", body["jid"]}});
  if (!body.value("inhabited", json(false)).is_boolean() || !body.value("inhabited", false)) return;
  ran_inside_ = true;
  jail_.ask_whether_empty();
}

ConsoleFile::Open Monitor::open_console(const CommandRequest& command) const {
  auto trees = std::make_shared<host::JailTrees>(options_.trees_path());
  if (!command.path.empty()) trees->include(command.path);  // not in the file if an earlier jaild made this jail
  return [trees, path = command.console] {
    return open_console_file(path, [trees](const std::string& real) { return trees->contains(real); });
  };
}

Result<Commands::Mode> Monitor::launch(std::int64_t id, const CommandRequest& command, bool is_main) {
  if (command.in_jail && !jail_.exists()) return Fail(Kind::conflict, "there is no jail to run it in");
#if !defined(__FreeBSD__)
  if (command.fib != 0) return Fail(Kind::invalid, "exec.fib is not available here");
#endif
  const CommandLine line = parse_command_line(command.line);
  const bool to_file = !command.console.empty();
  const auto out = to_file ? console_.file_pipe(command.console, open_console(command))
                           : console_.pipe(command.phase, LogStream::out);
  const auto err = to_file ? out : console_.pipe(command.phase, LogStream::err);
  if (!out || !err) return Fail(out ? err.error() : out.error());
  if (command.in_jail) {
    jail_.keep_console(out->reader);
    jail_.keep_console(err->reader);
  }
  const auto mode = is_main           ? Commands::Mode::main
                    : line.background ? Commands::Mode::background
                                      : Commands::Mode::foreground;
  // A hook that outlived us would run beside itself once the start is tried again.
  const auto fate = mode == Commands::Mode::foreground ? AtMonitorsDeath::dies : AtMonitorsDeath::lives_on;
  const Launch launch{
      command, line.argv, inherited_, {options_.name, command.path, jail_.jid()}, {-1, out->writer, err->writer}, fate};
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

void Monitor::exec(std::int64_t id, const json& body) {
  const auto sent = parse_count(body, "fds");
  if (!sent) return refuse(id, sent.error());
  auto fds = server_.take_fds(*sent);  // also of a request that is refused
  const auto exec = parse_exec(body.value("command", json()));
  if (!exec) return refuse(id, exec.error());
  constexpr std::size_t with_terminal = 1;
  constexpr std::size_t with_pipes = 4;
  if (fds.size() != (exec->terminal ? with_terminal : with_pipes)) {
    return refuse(id, Error{Kind::invalid, "the descriptors of the command are missing", 0, {}});
  }
  if (!jail_.exists()) return refuse(id, Error{Kind::not_running, "there is no jail to run it in", 0, {}});
  Launch launch{exec->command, exec->argv, {}, {}, {}, AtMonitorsDeath::dies, &*exec, fds[0].get()};
  if (!exec->terminal) launch.stdio = {fds[1].get(), fds[2].get(), fds[3].get()};
  const auto started = commands_.start(id, launch, Commands::Mode::by_hand, Clock::now(), std::move(fds[0]));
  if (!started) return refuse(id, started.error());
  ran_inside_ = true;
}

void Monitor::signal(std::int64_t id, const json& body) {
  const auto target = body.value("target", json());
  const auto number = parse_count(body, "signal");
  if (!target.is_number_integer() || !number || *number == 0 || *number >= NSIG) {
    return refuse(id, Error{Kind::invalid, "\"target\" and \"signal\" must be whole numbers", 0, {}});
  }
  const bool sent = commands_.signal(target.get<std::int64_t>(), static_cast<int>(*number));
  return sent ? answer(id, json::object()) : refuse(id, Error{Kind::not_found, "that command has ended", 0, {}});
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
  next_losses_ = {};
  note_losses(Clock::now());  // the last ones
  answer(id, json::object());
  done_ = true;
  forget_ = forget;
}

}  // namespace jaild::monitor
