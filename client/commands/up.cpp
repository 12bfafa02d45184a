#include <ostream>

#include "client/commands/jail_action.h"
#include "client/commands/options.h"
#include "client/declaration_file.h"
#include "client/fields.h"
#include "client/jail_conf.h"
#include "client/output.h"

namespace jaild::client {

using nlohmann::json;

namespace {

struct UpOptions {
  std::vector<std::string> names;
  std::string file;
  Action action{.route = RouteId::start_jail, .goal = Goal::running};
  bool no_wait = false;
};

// The jails of a JSON file or a jail.conf, dependencies first.
struct Loaded {
  SourceText source;
  std::vector<Declaration> jails;
  std::vector<jailconf::Declared> blocks;  // of a jail.conf: one for each of `jails`; else empty
};

ExitCode load(Session& session, const std::string& path, Loaded& loaded) {
  Result<SourceText> source = read_source(path, session.terminal().in);
  if (!source) return session.fail("", source.error());
  loaded.source = std::move(*source);
  if (looks_like_json(loaded.source.text)) {
    Result<std::vector<Declaration>> jails = parse_declarations(loaded.source.text);
    if (!jails) return fail_at(session, "", loaded.source, jails.error(), "");
    loaded.jails = std::move(*jails);
    return ExitCode::ok;
  }
  jailconf::Declarations declarations = read_jail_conf(loaded.source.file, loaded.source.text);
  if (const ExitCode wrong = report(session, declarations); wrong != ExitCode::ok) return wrong;
  if (declarations.jails.empty()) return session.usage(loaded.source.file + " declares no jail");
  loaded.blocks = std::move(declarations.jails);
  order_by_dependency(loaded.blocks);
  for (const jailconf::Declared& block : loaded.blocks) {
    for (const std::string& remark : block.remarks) session.warn(block.name, remark);
    loaded.jails.push_back({block.name, "", block.body, true});
  }
  return ExitCode::ok;
}

ExitCode refused(Session& session, const Loaded& loaded, std::size_t at, const Error& error) {
  const Declaration& jail = loaded.jails[at];
  if (loaded.blocks.empty()) return fail_at(session, jail.name, loaded.source, error, jail.pointer);
  if (error.kind != Kind::invalid) return session.fail(jail.name, error);
  for (const std::string& line : located(loaded.blocks[at], error)) session.terminal().err << printable(line) << '\n';
  return exit_code(error.kind);
}

// PUTs every jail of the file. What was declared is in `declared`, in order; the first failure ends it, because the
// jails after it may depend on it.
ExitCode declare(Session& session, const Loaded& loaded, bool dry_run, std::vector<json>& declared) {
  for (std::size_t at = 0; at < loaded.jails.size(); ++at) {
    const Declaration& jail = loaded.jails[at];
    const Result<Answer> answer = session.api().call(
        {.route = RouteId::put_jail, .name = jail.name, .query = dry_run ? "dry_run=1" : "", .body = &jail.body});
    if (!answer) return refused(session, loaded, at, answer.error());
    declared.push_back(answer->body);
  }
  return ExitCode::ok;
}

ExitCode rehearse(Session& session, const Loaded& loaded) {
  std::vector<json> answers;
  const ExitCode code = declare(session, loaded, true, answers);
  if (!session.json()) {
    for (const json& answer : answers) print_changes(session.out(), answer, session.terminal().out_style());
  }
  if (code == ExitCode::ok) session.print_objects(answers);
  return code;
}

ExitCode up_file(Session& session, const UpOptions& options) {
  Loaded loaded;
  if (const ExitCode wrong = load(session, options.file, loaded); wrong != ExitCode::ok) return wrong;
  if (options.action.dry_run) return rehearse(session, loaded);
  std::vector<json> declared;
  const ExitCode code = declare(session, loaded, false, declared);
  std::vector<std::string> names;
  std::vector<json> objects;
  for (std::size_t at = 0; at < declared.size(); ++at) {
    const Declaration& jail = loaded.jails[at];
    if (jail.start) {
      names.push_back(jail.name);
      continue;
    }
    objects.push_back(declared[at]);
    const auto generation = number_at(declared[at], "/generation");
    if (!session.json()) {
      session.out() << jail.name << ": declared, generation " << (generation ? *generation : 0)
                    << ", not to be started\n";
    }
  }
  if (code != ExitCode::ok && hopeless(code)) return code;
  Acted acted = act(session, names, options.action);
  objects.insert(objects.end(), acted.objects.begin(), acted.objects.end());
  session.print_objects(objects);
  return first_failure(code, acted.code);
}

ExitCode run_up(Session& session, const UpOptions& given) {
  UpOptions options = given;
  options.action.wait = !options.no_wait;
  if (options.names.empty() == options.file.empty()) {
    return session.usage(options.names.empty() ? "up: name a jail, or a file with -f; see `jailctl up --help`"
                                               : "up: names and -f exclude each other");
  }
  if (!options.file.empty()) return up_file(session, options);
  return run_jail_action(session, {options.names, options.action, options.no_wait});
}

}  // namespace

void add_up(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<UpOptions>();
  CLI::App* verb = app.add_subcommand("up", "Start jails, or declare and start those of a file");
  add_names(*verb, options->names, "Jails to start; what they depend on is started too");
  verb->add_option("-f,--file", options->file,
                   "Declare (create or replace) the jails of this file, JSON or jail.conf(5), then start them; - is "
                   "standard input")
      ->type_name("FILE");
  add_dry_run(*verb, options->action.dry_run);
  add_waiting(*verb, options->action, options->no_wait);
  verb->footer(
      "The file is a jail.conf(5), or holds one jail, {\"name\",\"spec\"}, a list, or {\"jails\":[...]}. One that "
      "says\n"
      "\"desired\": \"stopped\" is declared and not started.\n\n"
      "  jailctl up web db             start both, wait until both are ready\n"
      "  jailctl up -n web             show every step of the start and do none\n"
      "  jailctl up -f web.json        declare and start\n");
  choose(*verb, chosen, options, run_up);
}

}  // namespace jaild::client
