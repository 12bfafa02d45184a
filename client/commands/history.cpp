#include <algorithm>
#include <ostream>
#include <set>

#include "client/commands/options.h"
#include "client/fields.h"
#include "client/output.h"

namespace jaild::client {

using nlohmann::json;

namespace {

struct HistoryOptions {
  std::string name;
};

// "params.path" and the like: what differs between two specs, two levels deep.
std::string differences(const json& before, const json& after) {
  std::set<std::string> changed;
  const json none = json::object();
  const auto member = [&](const json& object, const std::string& key) -> const json& {
    return object.is_object() && object.contains(key) ? object[key] : none;
  };
  std::set<std::string> keys;
  for (const json* spec : {&before, &after}) {
    for (const auto& [key, value] : spec->items()) keys.insert(key);
  }
  for (const std::string& key : keys) {
    const json& old_value = member(before, key);
    const json& new_value = member(after, key);
    if (old_value == new_value) continue;
    if (!old_value.is_object() || !new_value.is_object()) {
      changed.insert(key);
      continue;
    }
    for (const json* group : {&old_value, &new_value}) {
      for (const auto& [inner, value] : group->items()) {
        const bool same =
            old_value.contains(inner) && new_value.contains(inner) && old_value[inner] == new_value[inner];
        if (!same) changed.insert(key == "params" ? inner : key + "." + inner);
      }
    }
  }
  std::string text;
  for (const std::string& key : changed) text += (text.empty() ? "" : ", ") + key;
  return text;
}

void print_versions(Session& session, const json& answer) {
  std::vector<json> versions = array_at(answer, "/items");
  std::sort(versions.begin(), versions.end(), [](const json& a, const json& b) {
    return number_at(a, "/generation").value_or(0) < number_at(b, "/generation").value_or(0);
  });
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
  const Result<Answer> answer = session.api().call({.route = RouteId::jail_history, .name = options.name});
  if (!answer) return session.fail(options.name, answer.error());
  if (session.json()) {
    print_json(session.out(), answer->body);
  } else {
    print_versions(session, answer->body);
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
