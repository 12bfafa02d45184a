#include <ostream>

#include "client/commands/options.h"
#include "client/fields.h"
#include "client/output.h"
#include "client/spec_changes.h"
#include "client/versions.h"

namespace jaild::client {

using nlohmann::json;

namespace {

struct DiffOptions {
  std::string name;
  std::int64_t from = 0;  // 0: the one before `to`
  std::int64_t to = 0;    // 0: the present one
};

json changes_json(const std::vector<SpecChange>& changes) {
  json items = json::array();
  for (const SpecChange& change : changes) {
    items.push_back({{"field", change.field}, {"before", change.before}, {"after", change.after}});
  }
  return {{"items", items}};
}

void print_differences(Session& session, const std::vector<SpecChange>& changes) {
  const Style style = session.terminal().out_style();
  const auto line = [&](char sign, const std::string& field, const json& value, Colour colour) {
    if (value.is_null()) return;
    const std::string text = std::string(1, sign) + " " + field + ": " + json_line(value);
    session.out() << painted(printable(text), colour, style) << '\n';
  };
  for (const SpecChange& change : changes) {
    line('-', change.field, change.before, Colour::red);
    line('+', change.field, change.after, Colour::green);
  }
}

ExitCode run_diff(Session& session, const DiffOptions& options) {
  const std::string& name = options.name;
  if (const ExitCode wrong = session.check_names({name}); wrong != ExitCode::ok) return wrong;
  const Result<json> history = session.api().history(name);
  if (!history) return session.fail(name, history.error());
  const std::vector<json> versions = versions_of(*history);
  const std::int64_t newest = versions.empty() ? 0 : number_at(versions.back(), "/generation").value_or(0);
  const std::int64_t to = options.to == 0 ? newest : options.to;
  const Result<json> after = spec_of(versions, name, to);
  if (!after) return session.fail(name, after.error());
  json before = json::object();  // the first generation is new as a whole
  if (options.from != 0 || to > 1) {
    const Result<json> earlier = spec_of(versions, name, options.from == 0 ? to - 1 : options.from);
    if (!earlier) return session.fail(name, earlier.error());
    before = *earlier;
  }
  const std::vector<SpecChange> changes = spec_changes(before, *after);
  if (session.json()) {
    print_json(session.out(), changes_json(changes));
  } else {
    print_differences(session, changes);
  }
  return ExitCode::ok;
}

}  // namespace

void add_diff(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<DiffOptions>();
  CLI::App* verb = app.add_subcommand("diff", "Show what differs between two generations of a declaration");
  verb->add_option("NAME", options->name, "The jail")->type_name("")->required();
  const auto generation = CLI::Range(std::int64_t{1}, std::int64_t{1} << 53).description("");
  verb->add_option("--from", options->from, "The earlier generation (the one before --to)")
      ->type_name("N")
      ->check(generation);
  verb->add_option("--to", options->to, "The later generation (the present one)")->type_name("N")->check(generation);
  verb->footer("`jailctl history` lists the generations.\n\n  jailctl diff web\n  jailctl diff web --from 2\n");
  choose(*verb, chosen, options, run_diff);
}

}  // namespace jaild::client
