#include <cstdlib>
#include <istream>
#include <optional>
#include <ostream>
#include <sstream>

#include "api/contract/json.h"
#include "api/contract/utf8.h"
#include "client/commands/options.h"
#include "client/declaration_file.h"
#include "client/exec_client.h"
#include "client/output.h"
#include "client/problem.h"
#include "client/raw_terminal.h"

namespace jaild::client {

using nlohmann::json;

namespace {

// docker(1)'s, as scripts know them; 126 and 127 come with the exit, as the shell's.
constexpr int code_of_jaild = 125;
constexpr int code_of_signal = 128;
constexpr int code_of_timeout = 124;
constexpr const char* detach_default = "ctrl-p,ctrl-q";
constexpr std::chrono::seconds answer_slack{60};
constexpr const char* variable_rule = "the name of a variable has letters, digits and _, and no digit first";

struct ExecChoice {
  std::string name;
  std::vector<std::string> command;
  ExecRequest request;
  std::vector<std::string> variables;
  std::vector<std::string> env_files;
  bool input = false;
  bool terminal = false;
  bool detach = false;
  int timeout = 0;
  std::string detach_keys = detach_default;
};

ExitCode as_exit_code(int code) {
  return static_cast<ExitCode>(code);
}

ExitCode exit_code(Session& session, const std::string& name, const ExecExit& exit) {
  if (!exit.error.empty()) session.warn(name, exit.error);
  if (exit.timed_out) {
    session.warn(name, "the command was ended at its timeout");
    return as_exit_code(code_of_timeout);
  }
  return as_exit_code(exit.code ? *exit.code : code_of_signal + exit.signal);
}

ExitCode refused(Session& session, const std::string& name, const Error& error) {
  session.fail(name, error);
  return as_exit_code(code_of_jaild);
}

// 2 is what a command may end with; all that is not the command's is 125.
ExitCode wrong_use(Session& session, const std::string& message) {
  session.usage(message);
  return as_exit_code(code_of_jaild);
}

// jaild is asked in JSON, which carries UTF-8 only; changed bytes would mean another file, another user. nullopt: all
// is well.
std::optional<std::string> wrong_bytes(const ExecRequest& request) {
  std::optional<std::string> wrong;
  const auto check = [&](const std::string& what, const std::string& text) {
    const auto problem = wrong ? std::nullopt : utf8_problem(text);
    if (problem) wrong = what + " '" + text + "' " + *problem + "; jaild takes UTF-8 only";
  };
  for (std::size_t at = 0; at < request.command.size(); ++at) {
    check(at == 0 ? "the command" : "argument " + std::to_string(at) + " of the command", request.command[at]);
  }
  check("the user of -u", request.user);
  check("the directory of -w", request.cwd);
  check("--login-class", request.login_class);
  for (const auto& [name, value] : request.env) {
    check("the name of a variable", name);
    check("the value of " + name, value);
  }
  return wrong;
}

// "K=V", or "K" for the value it has here. False: it is neither.
bool add_variable(ExecRequest& request, const std::string& text) {
  const std::size_t equals = text.find('=');
  const std::string key = text.substr(0, equals);
  if (!is_variable(key)) return false;
  const char* const here = equals == std::string::npos ? std::getenv(key.c_str()) : nullptr;
  if (equals != std::string::npos) {
    request.env[key] = text.substr(equals + 1);
  } else if (here != nullptr) {
    request.env[key] = here;
  }
  return true;
}

// Lines of "K=V" or "K"; empty ones and those that begin with # are passed over.
Result<void> add_file(ExecRequest& request, const std::string& path, std::istream& in) {
  const Result<SourceText> source = read_source(path, in);
  if (!source) return Fail(source.error());
  std::istringstream lines(source->text);
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty() || line.front() == '#') continue;
    const std::string place = source->file + ":" + std::to_string(number) + ": ";
    if (line.find('\0') != std::string::npos) return Fail(Kind::invalid, place + "has a NUL in it");
    if (const auto problem = utf8_problem(line)) return Fail(Kind::invalid, place + *problem);
    if (!add_variable(request, line)) {
      return Fail(Kind::invalid, place + std::string("is neither NAME=VALUE nor NAME; ") + variable_rule);
    }
  }
  return {};
}

// With -o json: one call, and its answer as it is.
ExitCode run_once(Session& session, const std::string& name, const ExecRequest& request) {
  const json body = to_json(request);
  HttpRequest call = request_for(RouteId::exec_once, name, "");
  call.body = to_text(body);
  call.headers = {{"Content-Type", "application/json"}};
  const auto timeout = request.timeout.count() > 0 ? request.timeout : exec_once_timeout;
  call.timeout = timeout + answer_slack;
  const Result<HttpResponse> response = session.api().connection().call(call);
  if (!response) return refused(session, name, response.error());
  if (response->status >= 400) return refused(session, name, error_from(*response));
  const Result<json> answer = parse_json(response->body);
  const Result<ExecExit> exit = answer ? parse_exec_exit(*answer) : Result<ExecExit>(Fail(answer.error()));
  if (!exit) return refused(session, name, exit.error());
  print_json(session.out(), *answer);
  return exit_code(session, name, *exit);
}

ExitCode run_stream(Session& session, const ExecChoice& choice, ExecRequest request) {
  ExecOptions options;
  options.input = choice.input || choice.terminal;
  options.leave = choice.detach;
  auto keys = DetachKeys::parse(choice.detach_keys);
  if (!keys) return wrong_use(session, "--detach-keys: " + keys.error().message);
  options.detach_keys = std::move(*keys);
  Terminal& terminal = session.terminal();
  if (choice.terminal) {
    if (!terminal.in_tty || terminal.in_descriptor < 0) {
      return wrong_use(session, "standard input is no terminal: leave -t out");
    }
    request.terminal = terminal_size(terminal.in_descriptor);
    const std::string type = variable(terminal.environment, "TERM");
    if (!type.empty() && !ill_formed_at(type)) request.env.emplace("TERM", type);
  }
  const Endpoint& endpoint = session.api().connection().endpoint();
  const Result<ExecEnd> end = run_exec(endpoint, choice.name, request, std::move(options), terminal);
  if (!end) return refused(session, choice.name, end.error());
  // One that is over already has started; how it ended is nobody's business here.
  if (choice.detach && (end->detached || end->exit.error.empty())) return ExitCode::ok;
  if (!end->detached) return exit_code(session, choice.name, end->exit);
  session.warn(choice.name, "detached; the command goes on");
  return ExitCode::ok;
}

ExitCode run_exec_command(Session& session, const ExecChoice& choice) {
  if (session.check_names({choice.name}) != ExitCode::ok) return as_exit_code(code_of_jaild);
  ExecRequest request = choice.request;
  request.command = choice.command;
  request.timeout = std::chrono::seconds(choice.timeout);
  for (const std::string& path : choice.env_files) {
    const Result<void> added = add_file(request, path, session.terminal().in);
    if (!added) return wrong_use(session, "--env-file: " + added.error().message);
  }
  for (const std::string& text : choice.variables) {
    if (!add_variable(request, text)) {
      return wrong_use(session, "-e takes NAME=VALUE or NAME, not '" + text + "'; " + variable_rule);
    }
  }
  if (const auto wrong = wrong_bytes(request)) return wrong_use(session, *wrong);
  if (choice.detach && (choice.input || choice.terminal || session.json())) {
    return wrong_use(session, "a command that is left running has no input, no terminal and no -o json");
  }
  const bool once = session.json();
  if (once && (choice.input || choice.terminal || choice.command.empty())) {
    return wrong_use(session, "with -o json a command runs without input and terminal");
  }
  return once ? run_once(session, choice.name, request) : run_stream(session, choice, std::move(request));
}

void add_common(CLI::App& verb, ExecChoice& choice) {
  verb.add_option("-u,--user", choice.request.user, "Run as this user of the jail (root)")->type_name("USER");
  verb.add_option("-w,--workdir", choice.request.cwd, "Run in this directory of the jail")->type_name("DIR");
  verb.add_option("-e,--env", choice.variables, "Set a variable, or pass on ours (repeatable)")
      ->type_name("NAME[=VALUE]")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);  // or the jail's name would be one more of them
  verb.add_option("--env-file", choice.env_files, "Set the variables of this file, one a line (repeatable)")
      ->type_name("FILE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
  verb.add_option("--login-class", choice.request.login_class, "Run in this login class (FreeBSD)")->type_name("CLASS");
  verb.add_option("--detach-keys", choice.detach_keys, "Keys that leave the command running (ctrl-p,ctrl-q); '' none")
      ->type_name("KEYS");
}

}  // namespace

void add_exec(CLI::App& app, Command& chosen) {
  auto choice = std::make_shared<ExecChoice>();
  CLI::App* verb = app.add_subcommand("exec", "Run a command in a running jail");
  verb->add_flag("-i,--interactive", choice->input, "Give the command our standard input");
  verb->add_flag("-t,--tty", choice->terminal, "Give the command a terminal, and our input");
  verb->add_flag("-d,--detach", choice->detach, "Start the command and leave it running; its output is dropped");
  add_common(*verb, *choice);
  verb->add_option("--timeout", choice->timeout, "End the command, with its children, after this long")
      ->type_name("SECONDS")
      ->check(CLI::Range(1, static_cast<int>(exec_timeout_max.count())).description(""));
  verb->add_option("NAME", choice->name, "The jail")->type_name("")->required();
  verb->add_option("COMMAND", choice->command, "The program and its arguments; -- may stand before it")
      ->type_name("")
      ->required();
  verb->footer(
      "Exit code: that of the command, 128 and its number when a signal ended it, 127 when there is no such program,\n"
      "126 when it cannot be run, 125 when jaild refused, 124 at the timeout. A lost connection hangs the command "
      "up.\n\n"
      "  jailctl exec web -- ps aux\n"
      "  jailctl exec -it -u www web -- sh\n"
      "  jailctl exec -i db -- psql <dump.sql\n"
      "  jailctl exec -d web -- /usr/local/bin/reindex\n");
  choose(*verb, chosen, choice, run_exec_command);
}

void add_console(CLI::App& app, Command& chosen) {
  auto choice = std::make_shared<ExecChoice>();
  choice->terminal = true;
  CLI::App* verb = app.add_subcommand("console", "Open a login shell in a running jail");
  add_common(*verb, *choice);
  verb->add_option("NAME", choice->name, "The jail")->type_name("")->required();
  verb->footer("Exit codes as `jailctl exec`.\n\n  jailctl console web\n");
  choose(*verb, chosen, choice, run_exec_command);
}

}  // namespace jaild::client
