#include <ostream>

#include "api/contract/json.h"
#include "api/jailconf/spec_text.h"
#include "client/commands/options.h"
#include "client/fields.h"

namespace jaild::client {

using nlohmann::json;

namespace {

struct ExportOptions {
  std::vector<std::string> names;
};

ExitCode write_jail(Session& session, const json& object) {
  const std::string name = text_at(object, "/name");
  const json* spec = field_at(object, "/spec");
  if (spec == nullptr) {
    session.warn(name, "jaild did not make it, so it has no declaration to write; `jailctl adopt` takes it over");
    return ExitCode::failed;
  }
  const Result<JailSpec> parsed = parse_spec(*spec);
  if (!parsed) return session.fail(name, parsed.error());
  session.out() << jailconf::spec_text(name, *parsed) << '\n';
  return ExitCode::ok;
}

ExitCode run_export(Session& session, const ExportOptions& options) {
  if (const ExitCode wrong = session.check_names(options.names); wrong != ExitCode::ok) return wrong;
  std::vector<json> objects;
  ExitCode code = ExitCode::ok;
  for (const std::string& name : options.names) {
    const Result<Answer> answer = session.api().get(name);
    if (answer) {
      objects.push_back(answer->body);
    } else {
      code = first_failure(code, session.fail(name, answer.error()));
      if (hopeless(code)) return code;
    }
  }
  if (options.names.empty()) {
    const Result<json> list = session.api().list();
    if (!list) return session.fail("", list.error());
    for (const json& object : array_at(*list, "/items")) {
      if (field_at(object, "/spec") != nullptr) objects.push_back(object);
    }
  }
  if (session.json()) {
    session.print_objects(objects);
    return code;
  }
  for (const json& object : objects) code = first_failure(code, write_jail(session, object));
  return code;
}

}  // namespace

void add_export(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<ExportOptions>();
  CLI::App* verb = app.add_subcommand("export", "Write jails as a jail.conf(5) that jail(8) accepts");
  add_names(*verb, options->names, "Jails to write; all that are declared when none is named");
  verb->footer(
      "Limits and CPUs become exec.created commands. What jail(8) has no word for stands in comments that\n"
      "begin with #jaild: and that `jailctl import` reads back.\n\n"
      "  jailctl export > /etc/jail.conf\n"
      "  jailctl export web db | jail -f - -c web\n");
  choose(*verb, chosen, options, run_export);
}

}  // namespace jaild::client
