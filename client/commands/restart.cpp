#include "client/commands/jail_action.h"
#include "client/commands/options.h"

namespace jaild::client {

void add_restart(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<JailAction>();
  options->action = {.route = RouteId::restart_jail, .goal = Goal::restarted};
  options->concerns = is_kept_up;
  options->none = "no jail is running";
  CLI::App* verb = app.add_subcommand("restart", "Stop jails and start them again");
  add_names_or_all(*verb, *options, "Jails to restart; one that is stopped is started",
                   "Restart every jail of jaild's that is not stopped");
  add_dry_run(*verb, options->action.dry_run);
  add_waiting(*verb, options->action, options->no_wait);
  verb->footer(
      "Brings into force what `jailctl status` shows as pending.\n\n"
      "  jailctl restart web\n"
      "  jailctl restart --all\n");
  choose(*verb, chosen, options, run_jail_action);
}

}  // namespace jaild::client
