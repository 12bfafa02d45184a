#include "client/wait.h"

#include <csignal>
#include <ostream>

#include "api/contract/signal_name.h"
#include "client/commands/options.h"
#include "client/fields.h"

namespace jaild::client {

using nlohmann::json;

namespace {

constexpr int code_after_signal = 128;
// Without --timeout it takes as long as it takes; clocks have an end.
constexpr std::chrono::hours wait_forever{24 * 3650};

struct WaitOptions {
  std::vector<std::string> names;
  int timeout_seconds = 0;  // 0: none
};

// As a shell tells it: the code, or 128 and the signal's number. A jail that was stopped before its command ended by
// itself, or that has none, tells 0.
int code_of(const json& before, const json& object) {
  const json* exit = field_at(object, "/status/last_exit");
  const json* former = field_at(before, "/status/last_exit");
  const bool was_up = text_at(before, "/status/state") == "running";
  if (exit == nullptr || (was_up && former != nullptr && *former == *exit)) return 0;
  const auto signal = signal_number(text_at(*exit, "/signal"));
  return signal ? code_after_signal + *signal : static_cast<int>(number_at(*exit, "/code").value_or(0));
}

ExitCode run_wait(Session& session, const WaitOptions& options) {
  if (const ExitCode wrong = session.check_names(options.names); wrong != ExitCode::ok) return wrong;
  std::vector<Begun> begun;
  ExitCode code = ExitCode::ok;
  for (const std::string& name : options.names) {
    Result<Answer> answer = session.api().get(name);
    if (answer) {
      const std::string incarnation = incarnation_of(answer->body);
      begun.push_back({.name = name,
                       .goal = Goal::ended,
                       .object = std::move(answer->body),
                       .incarnation = incarnation,
                       .quiet = true});
    } else {
      code = first_failure(code, session.fail(name, answer.error()));
      if (hopeless(code)) return code;
    }
  }
  const auto longest = options.timeout_seconds > 0 ? std::chrono::seconds(options.timeout_seconds) : wait_forever;
  Waited waited = wait_for(session, begun, std::chrono::steady_clock::now() + longest);
  std::vector<json> objects;
  for (std::size_t at = 0; at < begun.size(); ++at) {
    if (waited.codes[at] != ExitCode::ok || waited.objects[at].is_null()) continue;
    if (!session.json()) session.out() << code_of(begun[at].object, waited.objects[at]) << '\n';
    objects.push_back(std::move(waited.objects[at]));
  }
  if (!objects.empty()) session.print_objects(objects);
  return first_failure(code, waited.code);
}

}  // namespace

void add_wait(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<WaitOptions>();
  CLI::App* verb = app.add_subcommand("wait", "Wait until jails stop, and print the exit codes of their commands");
  add_names(*verb, options->names, "Jails to wait for")->required();
  verb->add_option("--timeout", options->timeout_seconds, "Wait at most this long for all of them (no limit)")
      ->type_name("SECONDS")
      ->check(CLI::Range(1, wait_seconds_max).description(""));
  verb->footer(
      "Prints a line for each jail, in their order: the code its command exited with, 128 and the number of the "
      "signal\n"
      "that ended it, or 0 where it has no command or was stopped before. One that is started again at once has\n"
      "stopped, too. Exit code: 0 when all have stopped, 4 unknown jail, 124 timed out.\n\n"
      "  jailctl up backup && jailctl wait backup\n");
  choose(*verb, chosen, options, run_wait);
}

}  // namespace jaild::client
