#include <ostream>

#include "client/commands/options.h"
#include "client/fields.h"

namespace jaild::client {

using nlohmann::json;

namespace {

struct DownOptions {
  std::vector<std::string> names;
  bool all = false;
  Action action{.route = RouteId::stop_jail, .goal = Goal::stopped};
  bool no_wait = false;
};

// What jaild keeps up or tries to: foreign jails are none of ours to stop.
Result<std::vector<std::string>> names_to_stop(Session& session) {
  const Result<json> jails = session.api().list();
  if (!jails) return Fail(jails.error());
  std::vector<std::string> names;
  for (const json& jail : array_at(*jails, "/items")) {
    const std::string state = text_at(jail, "/status/state");
    const bool at_rest = state == "stopped" || state == "failed";
    if (state != "foreign" && (!at_rest || text_at(jail, "/desired") == "running"))
      names.push_back(text_at(jail, "/name"));
  }
  return names;
}

ExitCode run_down(Session& session, const DownOptions& options) {
  if (options.all != options.names.empty()) {
    return session.usage(options.all ? "down: names and --all exclude each other"
                                     : "down: name a jail, or say --all; see `jailctl down --help`");
  }
  if (const ExitCode wrong = session.check_names(options.names); wrong != ExitCode::ok) return wrong;
  std::vector<std::string> names = options.names;
  if (options.all) {
    Result<std::vector<std::string>> all = names_to_stop(session);
    if (!all) return session.fail("", all.error());
    names = std::move(*all);
  }
  Action action = options.action;
  action.wait = !options.no_wait;
  const Acted acted = act(session, names, action);
  if (options.all && names.empty() && !session.json()) session.out() << "no jail is running\n";
  if (!acted.objects.empty() || names.empty()) session.print_objects(acted.objects);
  return acted.code;
}

}  // namespace

void add_down(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<DownOptions>();
  CLI::App* verb = app.add_subcommand("down", "Stop jails and keep them stopped");
  add_names(*verb, options->names, "Jails to stop; what depends on them is stopped first");
  verb->add_flag("--all", options->all, "Stop every jail of jaild's (never a foreign one)");
  add_dry_run(*verb, options->action.dry_run);
  add_waiting(*verb, options->action, options->no_wait);
  verb->footer(
      "A stopped jail stays stopped until `jailctl up`; at the next boot of the host its autostart decides.\n\n"
      "  jailctl down web              stop it, wait until it is gone\n"
      "  jailctl down --all -n         show in which order all jails would stop\n");
  choose(*verb, chosen, options, run_down);
}

}  // namespace jaild::client
