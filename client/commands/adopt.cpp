#include "client/commands/jail_action.h"
#include "client/commands/options.h"

namespace jaild::client {

void add_adopt(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<JailAction>();
  options->action = {.route = RouteId::adopt_jail, .goal = Goal::running};
  CLI::App* verb = app.add_subcommand("adopt", "Take over jails that run and that jaild did not make");
  add_names(*verb, options->names, "Jails to take over, as `jailctl ls --state foreign` shows them")->required();
  add_dry_run(*verb, options->action.dry_run);
  add_waiting(*verb, options->action, options->no_wait);
  verb->footer(
      "The spec is what the kernel shows; nothing in the jail changes. The kernel does not know what started it:\n"
      "add exec.start or a command and autostart, and take the jail out of jail.conf.\n\n"
      "  jailctl adopt -n www\n"
      "  jailctl adopt www && jailctl set www 'exec.start=/bin/sh /etc/rc' autostart=true\n");
  choose(*verb, chosen, options, run_jail_action);
}

}  // namespace jaild::client
