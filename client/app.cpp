#include "client/app.h"

#include <algorithm>
#include <ostream>

#include <CLI/CLI.hpp>

#include "api/contract/version.h"
#include "client/commands/commands.h"
#include "client/endpoint.h"
#include "client/exec_words.h"
#include "client/output.h"
#include "client/problem.h"
#include "client/session.h"
#include "client/suggest.h"

namespace jaild::client {

namespace {

struct Global {
  EndpointFlags endpoint;
  std::string format = "text";
};

constexpr const char* overview =
    "Exit codes: 0 ok, 1 failed, 2 usage, 3 not running, 4 unknown jail, 5 running but not ready, 6 conflict,\n"
    "7 not authorised, 8 daemon unreachable, 124 timed out; of exec and console: see `jailctl exec --help`.\n\n"
    "`jailctl COMMAND --help` explains a command; the manual is jailctl(8).\n";

// The help of a verb: usage, what it does, its options, those of every verb in one line, examples.
class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter() {
    column_width(30);
    label("REQUIRED", "");
    label("SUBCOMMAND", "COMMAND");
    label("Positionals", "Arguments");
  }

  std::string make_footer(const CLI::App* app) const override {
    const bool verb = app->get_parent() != nullptr;
    const std::string common = "Every command takes -o json, --socket PATH and --url URL (see jailctl --help).\n";
    const std::string footer = app->get_footer();
    return (verb ? common : "") + (footer.empty() ? "" : (verb ? "\n" : "") + footer);
  }
};

void add_global_options(CLI::App& app, Global& global) {
  app.add_option("-o,--output", global.format, "How to print: text (default), or json, as the API gave it")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "json"}).description(""));
  app.add_option("--socket", global.endpoint.socket,
                 "jaild's socket; else $JAILD_SOCKET, else " + std::string(default_socket()))
      ->type_name("PATH");
  app.add_option("--url", global.endpoint.url, "Ask over TCP, http://127.0.0.1:PORT; else $JAILD_URL")
      ->type_name("URL");
  app.set_help_flag("-h,--help", "Explain jailctl, or the command that it stands with");
  app.set_version_flag("--version", std::string("jailctl ") + version_text,
                       "Print the version, without asking the daemon");
}

void add_commands(CLI::App& app, Command& chosen) {
  for (const auto add : {add_up,      add_down, add_restart,    add_adopt,    add_status, add_inspect, add_ls,
                         add_ps,      add_top,  add_set,        add_unset,    add_edit,   add_rm,      add_start,
                         add_stop,    add_wait, add_exec,       add_console,  add_plan,   add_apply,   add_events,
                         add_history, add_logs, add_diff,       add_rollback, add_import, add_export,  add_token,
                         add_doctor,  add_api,  add_completion, add_help,     add_version}) {
    add(app, chosen);
  }
  for (CLI::App* verb : app.get_subcommands(nullptr)) verb->group("Commands");
}

ExitCode wrong_usage(Terminal& terminal, const std::string& message) {
  terminal.err << "jailctl: " << printable(message) << '\n' << std::flush;
  return ExitCode::usage;
}

// CLI11 would call a mistyped command an unexpected argument.
std::string unknown_command(const CLI::App& app, const std::string& word) {
  std::vector<std::string> verbs;
  for (const CLI::App* verb : app.get_subcommands(nullptr)) verbs.push_back(verb->get_name());
  const std::vector<std::string> similar = nearest(word, verbs);
  const std::string next =
      similar.empty() ? "`jailctl --help` lists them" : "did you mean " + alternatives(similar) + "?";
  return "there is no command '" + word + "'; " + next;
}

// CLI11 would name them in reverse order. "": none.
std::string first_extra(const CLI::App& app, const CLI::App& verb) {
  for (const CLI::App* level : {&verb, &app}) {
    if (const auto extras = level->remaining(true); !extras.empty()) return extras.front();
  }
  return "";
}

std::string usage_message(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<CLI::App*> given = app.get_subcommands();
  if (given.empty()) {
    const std::vector<std::string> extras = app.remaining();
    if (!extras.empty() && extras.front().front() != '-') return unknown_command(app, extras.front());
    if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
      return "no command given; `jailctl --help` lists them";
    }
    return std::string(error.what()) + "; see `jailctl --help`";
  }
  const CLI::App* innermost = given.back();
  std::string verb = innermost->get_name();
  for (auto inner = innermost->get_subcommands(); !inner.empty(); inner = innermost->get_subcommands()) {
    innermost = inner.back();
    verb += " " + innermost->get_name();
  }
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    if (const std::string word = first_extra(app, *innermost); !word.empty()) {
      return verb + ": " + (word.front() == '-' ? "there is no option " : "one word too many: ") + word +
             "; see `jailctl " + verb + " --help`";
    }
  }
  return verb + ": " + error.what() + "; see `jailctl " + verb + " --help`";
}

}  // namespace

ExitCode run(const std::vector<std::string>& arguments, Terminal& terminal) {
  CLI::App app("Controls jaild, the resident jail supervisor.", "jailctl");
  Global global;
  Command chosen;
  app.formatter(std::make_shared<HelpFormatter>());
  app.fallthrough();
  app.require_subcommand(1);
  app.footer(overview);
  add_global_options(app, global);
  add_commands(app, chosen);
  try {
    const std::vector<std::string> words = with_command_marked(app, arguments);
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::CallForHelp&) {
    terminal.out << app.help();
    return ExitCode::ok;
  } catch (const CLI::CallForVersion& version) {
    terminal.out << version.what() << '\n';
    return ExitCode::ok;
  } catch (const CLI::ParseError& error) {
    return wrong_usage(terminal, usage_message(app, error));
  }
  const Result<Endpoint> endpoint = find_endpoint(global.endpoint, terminal.environment);
  if (!endpoint) {
    if (endpoint.error().kind == Kind::invalid) return wrong_usage(terminal, endpoint.error().message);
    terminal.err << "jailctl: " << printable(endpoint.error().message) << '\n';
    return exit_code(endpoint.error().kind);
  }
  Session session(terminal, JailApi(*endpoint), global.format == "json");
  return chosen(session);
}

}  // namespace jaild::client
