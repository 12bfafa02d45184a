#include <algorithm>
#include <map>
#include <ostream>
#include <set>

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

// What a change of the set comes to for one jail.
enum class Part { created, changed, started, stopped, removed, unchanged };

struct Outline {
  std::map<std::string, Part> parts;  // of the jails that change
  std::map<std::string, std::string> words;

  [[nodiscard]] Part part_of(const std::string& name) const {
    const auto found = parts.find(name);
    return found == parts.end() ? Part::unchanged : found->second;
  }
};

Part part_of(const std::string& action) {
  if (action == "create") return Part::created;
  if (action == "delete") return Part::removed;
  if (action == "start") return Part::started;
  return action == "stop" ? Part::stopped : Part::changed;
}

// A jail has several changes: what it was done for comes before what had to be done for that.
Outline outline_of(const json& changes) {
  Outline outline;
  std::map<std::string, std::set<std::string>> fields;
  for (const json& change : changes) {
    const std::string name = text_at(change, "/jail");
    const Part part = part_of(text_at(change, "/action"));
    const auto [found, fresh] = outline.parts.emplace(name, part);
    const bool outranks = part == Part::removed || part < found->second;
    if (outranks && found->second != Part::removed) found->second = part;
    for (const std::string& field : texts_at(change, "/fields")) fields[name].insert(field);
  }
  for (const auto& [name, part] : outline.parts) {
    std::string changed = "changed";
    for (const std::string& field : fields[name]) changed += (changed == "changed" ? " " : ", ") + field;
    if (part == Part::created) outline.words[name] = "created";
    if (part == Part::changed) outline.words[name] = changed;
  }
  return outline;
}

// "30 jails: 3 created, 2 changed, 25 unchanged".
std::string summary_of(const Outline& outline, const json& items, std::size_t failed) {
  std::map<Part, std::size_t> counts;
  std::set<std::string> names;
  for (const json& object : items) names.insert(text_at(object, "/name"));
  for (const auto& [name, part] : outline.parts) names.insert(name);
  for (const std::string& name : names) ++counts[outline.part_of(name)];
  static const std::map<Part, std::string> words{{Part::created, "created"}, {Part::changed, "changed"},
                                                 {Part::started, "started"}, {Part::stopped, "stopped"},
                                                 {Part::removed, "removed"}, {Part::unchanged, "unchanged"}};
  std::string text;
  const auto add = [&](std::size_t count, const std::string& word) {
    if (count > 0) text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + word;
  };
  for (const auto& [part, word] : words) add(counts[part], word);
  const std::string whole = std::to_string(names.size()) + (names.size() == 1 ? " jail" : " jails");
  const std::string trouble = failed == 0 ? "" : "; " + std::to_string(failed) + " failed";
  return text.empty() ? whole : whole + ": " + text + trouble;
}

// Every jail of the set, and those that go. One that does not change is waited for in silence.
std::vector<Begun> begun_by(const json& answer, const Outline& outline) {
  std::vector<Begun> begun;
  for (const std::string& name : deleted_by(array_at(answer, "/changes"))) {
    // The answer does not say how far it is.
    begun.push_back({.name = name, .goal = Goal::gone, .object = {{"name", name}}});
  }
  for (const json& object : array_at(answer, "/items")) {
    const std::string name = text_at(object, "/name");
    const bool up = text_at(object, "/desired") == "running";
    const auto words = outline.words.find(name);
    begun.push_back({.name = name,
                     .goal = up ? Goal::running : Goal::stopped,
                     .object = object,
                     .done = words == outline.words.end() ? "" : words->second,
                     .quiet = outline.part_of(name) == Part::unchanged});
  }
  return begun;
}

void say_applied(Session& session, const std::vector<Begun>& begun) {
  for (const Begun& each : begun) {
    if (session.json() || each.quiet) continue;
    const std::string state = each.goal == Goal::gone ? "being removed" : text_at(each.object, "/status/state");
    const std::string before = each.done.empty() ? "" : each.done + "; ";
    session.out() << printable(each.name) << ": " << printable(before + state) << '\n';
  }
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
  const json& items = array_at(answer->body, "/items");
  const Outline outline = outline_of(array_at(answer->body, "/changes"));
  const std::vector<Begun> begun = begun_by(answer->body, outline);
  if (options.no_wait) {
    say_applied(session, begun);
    if (!session.json()) session.out() << summary_of(outline, items, 0) << '\n';
    session.print_objects(items);
    return ExitCode::ok;
  }
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(options.action.timeout_seconds);
  Waited waited = wait_for(session, begun, deadline);
  const auto failed =
      static_cast<std::size_t>(std::ranges::count_if(waited.codes, [](ExitCode code) { return code != ExitCode::ok; }));
  if (!session.json()) session.out() << summary_of(outline, items, failed) << '\n';
  std::erase_if(waited.objects, [](const json& object) { return object.is_null(); });
  session.print_objects(waited.objects);
  return waited.code;
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
