#include <ostream>

#include "client/assignments.h"
#include "client/commands/options.h"
#include "client/fields.h"
#include "client/jail_view.h"
#include "client/output.h"

namespace jaild::client {

using nlohmann::json;

namespace {

// Somebody else may write between our look and our change; then the change is made anew from what is there. More than
// twice in a row is no accident any more.
constexpr int tries_max = 3;
// A live change takes milliseconds; one that takes longer is told as under way.
constexpr int live_seconds = 10;

struct AssignOptions {
  std::string name;
  std::vector<std::string> words;
  bool dry_run = false;
};

Result<Answer> patch_once(Session& session, const AssignOptions& options, const std::vector<Assignment>& assignments) {
  const Result<Answer> present = session.api().get(options.name);
  if (!present) return Fail(present.error());
  const json* spec = field_at(present->body, "/spec");
  const json none = json::object();
  Result<json> patch = merge_patch(spec == nullptr ? none : *spec, assignments);
  if (!patch) return Fail(patch.error());
  // A change that is made in the running jail may fail there, which is known a moment later.
  const bool live = flag_at(present->body, "/status/ready");
  const std::string wait = live ? "wait=" + std::to_string(live_seconds) : "";
  return session.api().call({.route = RouteId::patch_jail,
                             .name = options.name,
                             .query = options.dry_run ? "dry_run=1" : wait,
                             .body = &*patch,
                             .if_match = present->etag});
}

void print_outcome(Session& session, const AssignOptions& options, const json& body) {
  if (session.json()) {
    print_json(session.out(), body);
  } else if (options.dry_run) {
    print_changes(session.out(), body, session.terminal().out_style());
  } else {
    session.out() << printable(written_text(body)) << '\n' << std::flush;
    const std::string reason = text_at(body, "/status/reason");
    const bool failed = !array_at(body, "/status/pending").empty() && !reason.empty();
    if (failed) session.warn(options.name, "not all of it could be changed in the running jail: " + reason);
  }
}

ExitCode change(Session& session, const AssignOptions& options, const std::vector<Assignment>& assignments) {
  if (const ExitCode wrong = session.check_names({options.name}); wrong != ExitCode::ok) return wrong;
  Result<Answer> answer = patch_once(session, options, assignments);
  for (int tried = 1; tried < tries_max && !answer && answer.error().kind == Kind::precondition_failed; ++tried) {
    answer = patch_once(session, options, assignments);
  }
  if (!answer) return session.fail(options.name, answer.error());
  print_outcome(session, options, answer->body);
  return ExitCode::ok;
}

ExitCode run_set(Session& session, const AssignOptions& options) {
  std::vector<Assignment> assignments;
  for (const std::string& word : options.words) {
    if (const ExitCode wrong = session.check_utf8("set:", word); wrong != ExitCode::ok) return wrong;
    Result<Assignment> assignment = parse_assignment(word);
    if (!assignment) return session.usage("set: " + assignment.error().message);
    assignments.push_back(std::move(*assignment));
  }
  // += and -= may turn out wrong only on the present lists; everything else is known to be wrong before anything is
  // asked.
  for (const Assignment& assignment : assignments) {
    if (assignment.operation == Assignment::Operation::remove) continue;
    const Result<json> patch = merge_patch(json::object(), {assignment});
    if (!patch) return session.usage("set: " + patch.error().message);
  }
  return change(session, options, assignments);
}

ExitCode run_unset(Session& session, const AssignOptions& options) {
  std::vector<Assignment> assignments;
  for (const std::string& word : options.words) {
    if (const ExitCode wrong = session.check_utf8("unset:", word); wrong != ExitCode::ok) return wrong;
    if (word.empty() || word.find('=') != std::string::npos) {
      return session.usage("unset: '" + word + "' is no KEY; `jailctl set` takes KEY=VALUE");
    }
    assignments.push_back({Assignment::Operation::unset, word, ""});
  }
  return change(session, options, assignments);
}

}  // namespace

void add_set(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<AssignOptions>();
  CLI::App* verb = app.add_subcommand("set", "Change parameters, limits and other settings of a jail");
  verb->add_option("NAME", options->name, "The jail")->type_name("")->required();
  verb->add_option("KEY=VALUE", options->words, "What to set; += and -= change lists")->type_name("")->required();
  add_dry_run(*verb, options->dry_run);
  verb->footer(
      "KEY is a parameter of jail(8), or command, cpuset, priority, autostart, rctl, restart.X, health.X,\n"
      "labels.X. What can be changed in a running jail is in force at once; what waits for a restart is said.\n\n"
      "  jailctl set web host.hostname=www.example.org allow.raw_sockets\n"
      "  jailctl set web rctl+=memoryuse:deny=2g cpuset=0-1\n"
      "  jailctl set web 'exec.start+=/bin/sh /etc/rc.local' labels.tier=web restart.policy=always\n"
      "  jailctl set web ip4.addr-='em0|203.0.113.5/24' health.tcp=127.0.0.1:80\n");
  choose(*verb, chosen, options, run_set);
}

void add_unset(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<AssignOptions>();
  CLI::App* verb = app.add_subcommand("unset", "Set parameters and settings of a jail back to their defaults");
  verb->add_option("NAME", options->name, "The jail")->type_name("")->required();
  verb->add_option("KEY", options->words, "What to unset; keys are those of `jailctl set`")->type_name("")->required();
  add_dry_run(*verb, options->dry_run);
  verb->footer("  jailctl unset web rctl cpuset labels.tier\n");
  choose(*verb, chosen, options, run_unset);
}

}  // namespace jaild::client
