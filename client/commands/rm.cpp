#include <map>
#include <ostream>

#include "api/contract/jail_spec.h"
#include "client/commands/options.h"
#include "client/dependency_order.h"
#include "client/fields.h"

namespace jaild::client {

namespace {

struct RmOptions {
  std::vector<std::string> names;
  bool yes = false;
  Action action{.route = RouteId::delete_jail, .goal = Goal::gone};
  bool no_wait = false;
};

// Asks for each that runs. The ones to go on with, in order.
std::vector<std::string> confirmed(Session& session, const std::vector<std::string>& names, ExitCode& code) {
  std::vector<std::string> agreed;
  for (const std::string& name : names) {
    const Result<Answer> answer = session.api().get(name);
    if (!answer) {
      code = first_failure(code, session.fail(name, answer.error()));
      if (hopeless(code)) break;
      continue;
    }
    const std::string state = text_at(answer->body, "/status/state");
    const bool at_rest = state == "stopped" || state == "failed";
    if (at_rest || session.terminal().ask(name + " is not stopped. Stop it and forget its declaration?", false)) {
      agreed.push_back(name);
    } else {
      code = first_failure(code, session.fail(name, ExitCode::failed, "kept"));
    }
  }
  return agreed;
}

// The names in an order in which jaild takes them: it forgets no jail that another one needs. A jail that cannot be
// looked at keeps its place; its deletion will tell why.
std::vector<std::string> dependants_first(Session& session, const std::vector<std::string>& names) {
  if (names.size() < 2) return names;
  std::map<std::string, std::vector<std::string>> dependants;
  for (const std::string& name : names) {
    const Result<Answer> answer = session.api().get(name);
    if (!answer) continue;
    for (const std::string& needed : texts_at(answer->body, "/spec/params/depend")) dependants[needed].push_back(name);
    if (std::string parent = parent_name(name); !parent.empty()) dependants[std::move(parent)].push_back(name);
  }
  std::vector<Dependent> jails;
  for (const std::string& name : names) jails.push_back({name, dependants[name]});
  std::vector<std::string> ordered;
  for (const std::size_t at : dependency_order(jails)) ordered.push_back(names[at]);
  return ordered;
}

ExitCode run_rm(Session& session, const RmOptions& options) {
  if (const ExitCode wrong = session.check_names(options.names); wrong != ExitCode::ok) return wrong;
  Action action = options.action;
  action.wait = !options.no_wait;
  ExitCode code = ExitCode::ok;
  std::vector<std::string> names = options.names;
  const bool ask = session.terminal().can_ask() && !options.yes && !action.dry_run;
  if (ask) names = confirmed(session, names, code);
  names = dependants_first(session, names);
  const Acted acted = act(session, names, action);
  std::vector<nlohmann::json> objects;
  for (const nlohmann::json& object : acted.objects) {
    if (!object.is_null()) objects.push_back(object);
  }
  session.print_objects(objects);
  return first_failure(code, acted.code);
}

}  // namespace

void add_rm(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<RmOptions>();
  CLI::App* verb = app.add_subcommand("rm", "Stop jails and forget their declarations");
  add_names(*verb, options->names, "Jails to remove; their files stay where they are")->required();
  verb->add_flag("-y,--yes,-f,--force", options->yes, "Do not ask when a jail is running: stop it and remove it");
  add_dry_run(*verb, options->action.dry_run);
  add_waiting(*verb, options->action, options->no_wait);
  verb->footer(
      "Refused while other jails depend on it, unless they go too. --dry-run looks at each jail alone.\n\n"
      "  jailctl rm -y web db\n");
  choose(*verb, chosen, options, run_rm);
}

}  // namespace jaild::client
