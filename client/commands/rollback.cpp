#include <ostream>

#include "client/commands/options.h"
#include "client/fields.h"
#include "client/jail_view.h"
#include "client/output.h"

namespace jaild::client {

namespace {

struct RollbackOptions {
  std::string name;
  std::int64_t to = 0;
  bool dry_run = false;
};

ExitCode run_rollback(Session& session, const RollbackOptions& options) {
  const std::string& name = options.name;
  if (const ExitCode wrong = session.check_names({name}); wrong != ExitCode::ok) return wrong;
  const std::string query =
      join_query({"to=" + std::to_string(options.to), options.dry_run ? "dry_run=1" : std::string()});
  const Result<Answer> answer = session.api().call({.route = RouteId::rollback_jail, .name = name, .query = query});
  if (!answer) return session.fail(name, answer.error());
  if (session.json()) {
    print_json(session.out(), answer->body);
  } else if (options.dry_run) {
    print_changes(session.out(), answer->body, session.terminal().out_style());
  } else {
    session.out() << printable(written_text(answer->body)) << '\n';
  }
  return ExitCode::ok;
}

}  // namespace

void add_rollback(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<RollbackOptions>();
  CLI::App* verb = app.add_subcommand("rollback", "Declare an earlier generation of a jail again");
  verb->add_option("NAME", options->name, "The jail")->type_name("")->required();
  verb->add_option("--to", options->to, "The generation whose declaration is to hold again")
      ->type_name("N")
      ->required()
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 53).description(""));
  add_dry_run(*verb, options->dry_run);
  verb->footer(
      "It becomes a new generation: nothing of the history is lost, and a rollback can be rolled back. What\n"
      "can change live does; the rest waits for a restart. The wish (running or stopped) stays.\n\n"
      "  jailctl history web\n  jailctl diff web --from 2\n  jailctl rollback web --to 2\n");
  choose(*verb, chosen, options, run_rollback);
}

}  // namespace jaild::client
