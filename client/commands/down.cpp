#include "client/commands/jail_action.h"
#include "client/commands/options.h"

namespace jaild::client {

namespace {

void add_stopping(CLI::App& app, Command& chosen, const std::string& name, const std::string& help,
                  const std::string& same) {
  auto options = std::make_shared<JailAction>();
  options->action = {.route = RouteId::stop_jail, .goal = Goal::stopped};
  options->concerns = is_kept_up;
  options->none = "no jail is running";
  CLI::App* verb = app.add_subcommand(name, help);
  add_names_or_all(*verb, *options, "Jails to stop; what depends on them is stopped first",
                   "Stop every jail of jaild's (never a foreign one)");
  add_dry_run(*verb, options->action.dry_run);
  add_waiting(*verb, options->action, options->no_wait);
  verb->footer(
      same +
      "A stopped jail stays stopped until `jailctl up`; at the next boot of the host its autostart decides.\n\n"
      "  jailctl " +
      name +
      " web              stop it, wait until it is gone\n"
      "  jailctl " +
      name + " --all -n         show in which order all jails would stop\n");
  choose(*verb, chosen, options, run_jail_action);
}

}  // namespace

void add_down(CLI::App& app, Command& chosen) {
  add_stopping(app, chosen, "down", "Stop jails and keep them stopped", "");
}

void add_stop(CLI::App& app, Command& chosen) {
  add_stopping(app, chosen, "stop", "Stop jails, as `down`", "Another word for `jailctl down`.\n\n");
}

}  // namespace jaild::client
