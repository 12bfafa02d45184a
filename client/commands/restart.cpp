#include "client/commands/options.h"

namespace jaild::client {

namespace {

struct RestartOptions {
  std::vector<std::string> names;
  Action action{.route = RouteId::restart_jail, .goal = Goal::restarted};
  bool no_wait = false;
};

ExitCode run_restart(Session& session, const RestartOptions& options) {
  if (const ExitCode wrong = session.check_names(options.names); wrong != ExitCode::ok) return wrong;
  Action action = options.action;
  action.wait = !options.no_wait;
  const Acted acted = act(session, options.names, action);
  if (!acted.objects.empty()) session.print_objects(acted.objects);
  return acted.code;
}

}  // namespace

void add_restart(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<RestartOptions>();
  CLI::App* verb = app.add_subcommand("restart", "Stop jails and start them again");
  add_names(*verb, options->names, "Jails to restart; one that is stopped is started")->required();
  add_dry_run(*verb, options->action.dry_run);
  add_waiting(*verb, options->action, options->no_wait);
  verb->footer(
      "Brings into force what `jailctl status` shows as pending.\n\n"
      "  jailctl restart web\n");
  choose(*verb, chosen, options, run_restart);
}

}  // namespace jaild::client
