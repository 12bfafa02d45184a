#include "client/commands/jail_action.h"

#include <ostream>

#include "client/commands/options.h"
#include "client/fields.h"

namespace jaild::client {

using nlohmann::json;

namespace {

// Foreign jails are none of ours.
Result<std::vector<std::string>> all_names(Session& session, const JailAction& options) {
  const Result<json> jails = session.api().list();
  if (!jails) return Fail(jails.error());
  std::vector<std::string> names;
  for (const json& jail : array_at(*jails, "/items")) {
    const bool foreign = text_at(jail, "/status/state") == "foreign";
    if (!foreign && options.concerns(jail)) names.push_back(text_at(jail, "/name"));
  }
  return names;
}

}  // namespace

bool any_jail(const json& /*object*/) {
  return true;
}

bool is_kept_up(const json& object) {
  const std::string state = text_at(object, "/status/state");
  const bool at_rest = state == "stopped" || state == "failed";
  return !at_rest || text_at(object, "/desired") == "running";
}

void add_names_or_all(CLI::App& verb, JailAction& options, const std::string& names_help, const std::string& all_help) {
  options.verb = verb.get_name();
  add_names(verb, options.names, names_help);
  verb.add_flag("--all", options.all, all_help);
}

ExitCode run_jail_action(Session& session, const JailAction& options) {
  if (options.concerns != nullptr && options.all != options.names.empty()) {
    return session.usage(options.verb +
                         (options.all ? ": names and --all exclude each other"
                                      : ": name a jail, or say --all; see `jailctl " + options.verb + " --help`"));
  }
  if (const ExitCode wrong = session.check_names(options.names); wrong != ExitCode::ok) return wrong;
  std::vector<std::string> names = options.names;
  if (options.all) {
    Result<std::vector<std::string>> all = all_names(session, options);
    if (!all) return session.fail("", all.error());
    names = std::move(*all);
  }
  Action action = options.action;
  action.wait = !options.no_wait;
  const Acted acted = act(session, names, action);
  if (options.all && names.empty() && !session.json()) session.out() << options.none << '\n';
  if (!acted.objects.empty() || names.empty()) session.print_objects(acted.objects);
  return acted.code;
}

}  // namespace jaild::client
