#include <ostream>

#include "client/commands/options.h"
#include "client/fields.h"
#include "client/output.h"

namespace jaild::client {

using nlohmann::json;

namespace {

struct PsOptions {
  std::string name;
};

std::string number_text(const json& process, const char* pointer) {
  const auto number = number_at(process, pointer);
  return number ? std::to_string(*number) : "";
}

ExitCode run_ps(Session& session, const PsOptions& options) {
  if (const ExitCode wrong = session.check_names({options.name}); wrong != ExitCode::ok) return wrong;
  const Result<Answer> answer = session.api().call({.route = RouteId::jail_processes, .name = options.name});
  if (!answer) return session.fail(options.name, answer.error());
  if (session.json()) {
    print_json(session.out(), answer->body);
    return ExitCode::ok;
  }
  Table table({"PID", "PPID", "USER", "COMMAND"});
  for (const json& process : array_at(answer->body, "/items")) {
    table.add({{number_text(process, "/pid")},
               {number_text(process, "/ppid")},
               {text_at(process, "/user")},
               {text_at(process, "/command")}});
  }
  table.print(session.out(), session.terminal().out_style());
  return ExitCode::ok;
}

}  // namespace

void add_ps(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<PsOptions>();
  CLI::App* verb = app.add_subcommand("ps", "Show the processes in a jail, with the pids that the host sees");
  verb->add_option("NAME", options->name, "The jail")->type_name("")->required();
  verb->footer("  jailctl ps web\n");
  choose(*verb, chosen, options, run_ps);
}

}  // namespace jaild::client
