#include <ostream>

#include "client/commands/options.h"
#include "client/fields.h"
#include "client/output.h"
#include "client/spec_changes.h"
#include "client/versions.h"

namespace jaild::client {

using nlohmann::json;

namespace {

struct HistoryOptions {
  std::string name;
};

// The fields that differ, in one line.
std::string differences(const json& before, const json& after) {
  std::vector<std::string> fields;
  for (const SpecChange& change : spec_changes(before, after)) fields.push_back(change.field);
  return joined(fields);
}

void print_versions(Session& session, const json& answer) {
  const std::vector<json> versions = versions_of(answer);
  Table table({"GENERATION", "AT", "BY", "CHANGED"});
  const json none = json::object();
  const json* before = nullptr;
  for (const json& version : versions) {
    const json* spec = field_at(version, "/spec");
    if (spec == nullptr || !spec->is_object()) spec = &none;
    const auto generation = number_at(version, "/generation");
    table.add({{generation ? std::to_string(*generation) : ""},
               {text_at(version, "/at")},
               {text_at(version, "/by")},
               {before == nullptr ? "" : differences(*before, *spec)}});
    before = spec;
  }
  table.print(session.out(), session.terminal().out_style());
}

ExitCode run_history(Session& session, const HistoryOptions& options) {
  if (const ExitCode wrong = session.check_names({options.name}); wrong != ExitCode::ok) return wrong;
  const Result<json> history = session.api().history(options.name);
  if (!history) return session.fail(options.name, history.error());
  if (session.json()) {
    print_json(session.out(), *history);
  } else {
    print_versions(session, *history);
  }
  return ExitCode::ok;
}

}  // namespace

void add_history(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<HistoryOptions>();
  CLI::App* verb = app.add_subcommand("history", "Show who changed a jail's declaration, when, and what");
  verb->add_option("NAME", options->name, "The jail")->type_name("")->required();
  verb->footer("With -o json every version is there in full.\n\n  jailctl history web\n");
  choose(*verb, chosen, options, run_history);
}

}  // namespace jaild::client
