#include <ostream>

#include "client/commands/options.h"
#include "client/fields.h"
#include "client/output.h"
#include "client/set_files.h"

namespace jaild::client {

namespace {

// As diff(1): 0 nothing to do, 1 changes, 2 for everything that went wrong.
constexpr ExitCode plan_nothing = ExitCode::ok;
constexpr ExitCode plan_changes = ExitCode::failed;
constexpr ExitCode plan_trouble = ExitCode::usage;

ExitCode run_plan(Session& session, const SetOptions& options) {
  SetFiles set;
  if (read_set(session, options, set) != ExitCode::ok) return plan_trouble;
  const Result<Answer> answer = session.api().call({.route = RouteId::plan_set, .body = &set.body});
  if (!answer) {
    refused(session, set, answer.error());
    return plan_trouble;
  }
  if (session.json()) {
    print_json(session.out(), answer->body);
  } else {
    print_changes(session.out(), answer->body, session.terminal().out_style());
  }
  return array_at(answer->body, "/items").empty() ? plan_nothing : plan_changes;
}

}  // namespace

void add_plan(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<SetOptions>();
  CLI::App* verb = app.add_subcommand("plan", "Show what `apply` would do, step by step, and do nothing");
  add_set_options(*verb, *options);
  verb->footer(
      "The daemon plans with what it applies with, and writes nothing. Exit code: 0 nothing to do, 1 there are\n"
      "changes, 2 trouble.\n\n"
      "  jailctl plan -f jails/\n");
  choose(*verb, chosen, options, run_plan);
}

}  // namespace jaild::client
