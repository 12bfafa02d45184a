#include <ostream>

#include "client/commands/options.h"
#include "client/fields.h"
#include "client/output.h"
#include "client/set_files.h"

namespace jaild::client {

using nlohmann::json;

namespace {

struct ApplyOptions {
  SetOptions set;
  bool yes = false;
  Action action{.goal = Goal::running};
  bool no_wait = false;
};

std::vector<std::string> deleted_by(const json& changes) {
  std::vector<std::string> names;
  for (const json& change : changes) {
    if (text_at(change, "/action") == "delete") names.push_back(text_at(change, "/jail"));
  }
  return names;
}

ExitCode show_plan(Session& session, const SetFiles& set) {
  const Result<Answer> plan = session.api().call({.route = RouteId::plan_set, .body = &set.body});
  if (!plan) return refused(session, set, plan.error());
  if (session.json()) print_json(session.out(), plan->body);
  if (!session.json()) print_changes(session.out(), plan->body, session.terminal().out_style());
  return ExitCode::ok;
}

// Whether what a prune deletes may go: nothing of it, or somebody said so.
ExitCode agree_to_prune(Session& session, const SetFiles& set) {
  const Result<Answer> plan = session.api().call({.route = RouteId::plan_set, .body = &set.body});
  if (!plan) return refused(session, set, plan.error());
  const std::vector<std::string> names = deleted_by(array_at(plan->body, "/items"));
  if (names.empty()) return ExitCode::ok;
  const std::string what = "stop and forget " + joined(names);
  if (!session.terminal().can_ask()) return session.usage("apply --prune would " + what + ": say --yes to agree");
  if (session.terminal().ask("This will " + what + ". Go on?", false)) return ExitCode::ok;
  return session.fail("", ExitCode::failed, "nothing was changed");
}

// Waits for every jail of the set, and for those that go.
ExitCode wait_for_set(Session& session, const json& answer, int timeout_seconds, std::vector<json>& objects) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(timeout_seconds);
  ExitCode code = ExitCode::ok;
  const auto wait = [&](const Begun& begun) {
    if (hopeless(code)) return;
    Waited waited = wait_for(session, begun, deadline);
    code = first_failure(code, waited.code);
    if (!waited.object.is_null()) objects.push_back(std::move(waited.object));
  };
  for (const std::string& name : deleted_by(array_at(answer, "/changes"))) {
    wait({name, Goal::gone, false, {{"name", name}}, ""});  // the answer does not say how far it is
  }
  for (const json& object : array_at(answer, "/items")) {
    const bool up = text_at(object, "/desired") == "running";
    wait({text_at(object, "/name"), up ? Goal::running : Goal::stopped, false, object, ""});
  }
  return code;
}

ExitCode run_apply(Session& session, const ApplyOptions& options) {
  SetFiles set;
  if (const ExitCode wrong = read_set(session, options.set, set); wrong != ExitCode::ok) return wrong;
  if (options.action.dry_run) return show_plan(session, set);
  if (options.set.prune && !options.yes) {
    if (const ExitCode no = agree_to_prune(session, set); no != ExitCode::ok) return no;
  }
  const Result<Answer> answer = session.api().call({.route = RouteId::apply_set, .body = &set.body});
  if (!answer) return refused(session, set, answer.error());
  std::vector<json> objects;
  ExitCode code = ExitCode::ok;
  if (options.no_wait) {
    objects = array_at(answer->body, "/items");
  } else {
    code = wait_for_set(session, answer->body, options.action.timeout_seconds, objects);
  }
  session.print_objects(objects);
  return code;
}

}  // namespace

void add_apply(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<ApplyOptions>();
  CLI::App* verb = app.add_subcommand("apply", "Make the jails of files hold, all in one transaction");
  add_set_options(*verb, options->set);
  verb->add_flag("-y,--yes", options->yes, "Do not ask before --prune deletes");
  add_dry_run(*verb, options->action.dry_run);
  add_waiting(*verb, options->action, options->no_wait);
  verb->footer(
      "All of it is taken, or nothing. `jailctl plan` shows it before.\n\n"
      "  jailctl apply -f jails/\n"
      "  jailctl apply -f shop.json --prune\n");
  choose(*verb, chosen, options, run_apply);
}

}  // namespace jaild::client
