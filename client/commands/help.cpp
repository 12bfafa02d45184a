#include <ostream>

#include "client/commands/options.h"

namespace jaild::client {

namespace {

struct HelpOptions {
  std::vector<std::string> words;  // "token create"
};

// nullptr: there is none.
const CLI::App* command_of(const CLI::App& parent, const std::string& word) {
  for (const CLI::App* each : parent.get_subcommands(nullptr)) {
    if (each->check_name(word)) return each;
  }
  return nullptr;
}

}  // namespace

void add_help(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<HelpOptions>();
  CLI::App* verb = app.add_subcommand("help", "Explain jailctl or one of its commands");
  verb->add_option("COMMAND", options->words, "The command; without one, all are listed")->type_name("");
  verb->footer("  jailctl help up\n  jailctl help token create\n");
  verb->callback([&app, &chosen, options] {
    const CLI::App* about = &app;
    std::string path = app.get_name();
    for (const std::string& word : options->words) {
      about = command_of(*about, word);
      if (about == nullptr) {
        chosen = [word](Session& session) {
          return session.usage("there is no command '" + word + "'; `jailctl help` lists them");
        };
        return;
      }
      path += " " + about->get_name();
    }
    // Not App::help(), which explains the command that was given: this one.
    chosen = [text = about->get_formatter()->make_help(about, path, CLI::AppFormatMode::Normal)](Session& session) {
      session.out() << text;
      return ExitCode::ok;
    };
  });
}

}  // namespace jaild::client
