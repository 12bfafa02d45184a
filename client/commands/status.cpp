#include <ostream>

#include "client/commands/options.h"
#include "client/fields.h"
#include "client/jail_view.h"
#include "client/output.h"

namespace jaild::client {

using nlohmann::json;

namespace {

struct StatusOptions {
  std::vector<std::string> names;
};

ExitCode all_jails(Session& session) {
  const Result<json> jails = session.api().list();
  if (!jails) return session.fail("", jails.error());
  if (session.json()) {
    print_json(session.out(), *jails);
  } else {
    const auto now = std::chrono::system_clock::now();
    print_jail_table(session.out(), array_at(*jails, "/items"), session.terminal().out_style(), now);
  }
  return ExitCode::ok;
}

// A jail that stopped since it was looked at has no usage; that is no failure.
json usage_of(Session& session, const std::string& name, const json& object) {
  if (text_at(object, "/status/state") != "running") return nullptr;
  const Result<Answer> usage = session.api().call({.route = RouteId::jail_usage, .name = name});
  if (usage) return usage->body;
  if (usage.error().kind != Kind::not_running) session.warn(name, "usage cannot be read: " + usage.error().message);
  return nullptr;
}

ExitCode run_status(Session& session, const StatusOptions& options) {
  if (options.names.empty()) return all_jails(session);
  if (const ExitCode wrong = session.check_names(options.names); wrong != ExitCode::ok) return wrong;
  ExitCode code = ExitCode::ok;
  std::vector<json> objects;
  for (const std::string& name : options.names) {
    const Result<Answer> answer = session.api().get(name);
    if (!answer) {
      code = first_failure(code, session.fail(name, answer.error()));
      if (hopeless(code)) break;
      continue;
    }
    const json& object = answer->body;
    if (!session.json()) {
      if (!objects.empty()) session.out() << '\n';
      const auto now = std::chrono::system_clock::now();
      print_jail(session.out(), object, usage_of(session, name, object), session.terminal().out_style(), now);
    }
    objects.push_back(object);
    code = first_failure(code, state_exit_code(object));
  }
  if (!objects.empty()) session.print_objects(objects);
  return code;
}

}  // namespace

void add_status(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<StatusOptions>();
  CLI::App* verb = app.add_subcommand("status", "Show how jails are, and why");
  add_names(*verb, options->names, "Jails to show in full; without names a table of all");
  verb->footer(
      "Exit code for named jails: 0 running and ready, 3 not running, 4 unknown, 5 running but not ready;\n"
      "of several the first that is not 0.\n\n"
      "  jailctl status web\n"
      "  jailctl status web >/dev/null || echo web is not well\n");
  choose(*verb, chosen, options, run_status);
}

}  // namespace jaild::client
