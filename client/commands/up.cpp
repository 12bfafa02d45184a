#include <map>
#include <ostream>

#include "client/commands/jail_action.h"
#include "client/commands/options.h"
#include "client/fields.h"
#include "client/loaded_file.h"
#include "client/output.h"

namespace jaild::client {

using nlohmann::json;

namespace {

struct UpOptions {
  JailAction jails;
  std::string file;
};

Action start_action() {
  return {.route = RouteId::start_jail, .goal = Goal::running};
}

// PUTs every jail of the file. What was declared is in `declared`, in order; the first failure ends it, because the
// jails after it may depend on it.
ExitCode declare(Session& session, const LoadedFile& loaded, bool dry_run, std::vector<Answer>& declared) {
  for (std::size_t at = 0; at < loaded.jails.size(); ++at) {
    const Declaration& jail = loaded.jails[at];
    const Result<Answer> answer = session.api().call(
        {.route = RouteId::put_jail, .name = jail.name, .query = dry_run ? "dry_run=1" : "", .body = &jail.body});
    if (!answer) return refused(session, loaded, at, answer.error());
    declared.push_back(*answer);
  }
  return ExitCode::ok;
}

ExitCode rehearse_files(Session& session, const LoadedFile& loaded) {
  std::vector<Answer> declared;
  const ExitCode code = declare(session, loaded, true, declared);
  std::vector<json> answers;
  for (Answer& answer : declared) answers.push_back(std::move(answer.body));
  if (!session.json()) {
    for (const json& answer : answers) print_changes(session.out(), answer, session.terminal().out_style());
  }
  if (code == ExitCode::ok) session.print_objects(answers);
  return code;
}

ExitCode up_file(Session& session, const UpOptions& options) {
  LoadedFile loaded;
  if (const ExitCode wrong = load_file(session, options.file, loaded); wrong != ExitCode::ok) return wrong;
  if (options.jails.action.dry_run) return rehearse_files(session, loaded);
  std::vector<Answer> declared;
  const ExitCode code = declare(session, loaded, false, declared);
  std::map<std::string, json> asked;  // whose declaration began the start: one that fails at once is not tried twice
  std::vector<std::string> names;
  std::vector<json> objects;
  for (std::size_t at = 0; at < declared.size(); ++at) {
    const Declaration& jail = loaded.jails[at];
    if (jail.start) {
      names.push_back(jail.name);
      const bool begun = declared[at].status == 201 || text_at(declared[at].body, "/status/state") == "starting";
      if (begun) asked.emplace(jail.name, std::move(declared[at].body));
      continue;
    }
    const auto generation = number_at(declared[at].body, "/generation");
    objects.push_back(std::move(declared[at].body));
    if (!session.json()) {
      session.out() << jail.name << ": declared, generation " << (generation ? *generation : 0)
                    << ", not to be started\n";
    }
  }
  if (code != ExitCode::ok && hopeless(code)) return code;
  Action action = options.jails.action;
  action.wait = !options.jails.no_wait;
  const Acted acted = act(session, names, action, asked);
  objects.insert(objects.end(), acted.objects.begin(), acted.objects.end());
  session.print_objects(objects);
  return first_failure(code, acted.code);
}

ExitCode run_up(Session& session, const UpOptions& options) {
  const bool named = options.jails.all || !options.jails.names.empty();
  if (options.file.empty() && !named) {
    return session.usage("up: name a jail, a file with -f, or say --all; see `jailctl up --help`");
  }
  if (!options.file.empty() && named) {
    return session.usage("up: -f excludes names and --all");
  }
  return options.file.empty() ? run_jail_action(session, options.jails) : up_file(session, options);
}

constexpr const char* names_help = "Jails to start; what they depend on is started too";
constexpr const char* all_help = "Start every jail that is declared";

void prepare(CLI::App& verb, JailAction& jails) {
  jails.action = start_action();
  jails.concerns = any_jail;
  jails.none = "no jail is declared";
  add_names_or_all(verb, jails, names_help, all_help);
}

}  // namespace

void add_up(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<UpOptions>();
  CLI::App* verb = app.add_subcommand("up", "Start jails, or declare and start those of a file");
  prepare(*verb, options->jails);
  verb->add_option("-f,--file", options->file,
                   "Declare (create or replace) the jails of this file, JSON or jail.conf(5), then start them; - is "
                   "standard input")
      ->type_name("FILE");
  add_dry_run(*verb, options->jails.action.dry_run);
  add_waiting(*verb, options->jails.action, options->jails.no_wait);
  verb->footer(
      "The file is a jail.conf(5), or holds one jail, {\"name\",\"spec\"}, a list, or {\"jails\":[...]}. One that "
      "says\n"
      "\"desired\": \"stopped\" is declared and not started.\n\n"
      "  jailctl up web db             start both, wait until both are ready\n"
      "  jailctl up -n web             show every step of the start and do none\n"
      "  jailctl up -f web.json        declare and start\n");
  choose(*verb, chosen, options, run_up);
}

void add_start(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<JailAction>();
  CLI::App* verb = app.add_subcommand("start", "Start jails, as `up`");
  prepare(*verb, *options);
  add_dry_run(*verb, options->action.dry_run);
  add_waiting(*verb, options->action, options->no_wait);
  verb->footer(
      "Another word for `jailctl up`, which also declares the jails of a file.\n\n"
      "  jailctl start web db          start both, wait until both are ready\n");
  choose(*verb, chosen, options, run_jail_action);
}

}  // namespace jaild::client
