#include "daemon/monitor/exit_record.h"

#include <sys/wait.h>

#include <algorithm>

#include "api/contract/json.h"
#include "api/contract/signal_name.h"

namespace jaild::monitor {

LastExit last_exit(const Outcome& outcome, std::chrono::system_clock::time_point at) {
  LastExit exit;
  exit.at = std::chrono::floor<std::chrono::milliseconds>(at);
  exit.reason = "command ended, nobody could tell how";
  if (!outcome.status) return exit;
  if (WIFEXITED(*outcome.status)) {
    exit.code = WEXITSTATUS(*outcome.status);
    exit.reason = "command exited with " + std::to_string(*exit.code);
  } else if (WIFSIGNALED(*outcome.status)) {
    exit.signal = WTERMSIG(*outcome.status);
    exit.reason = "command was ended by " + signal_name(exit.signal);
  }
  return exit;
}

std::string exit_record(const Options& options, const LastExit& exit) {
  const nlohmann::json record{{"name", options.name}, {"run", options.run}, {"exit", to_json(exit)}};
  return to_text(record) + "\n";
}

nlohmann::json outcome_fields(const CommandEvent& event) {
  const Outcome& outcome = event.outcome;
  nlohmann::json body{{"phase", event.phase}, {"seconds", outcome.took.count()}};
  if (outcome.status && WIFEXITED(*outcome.status)) body["code"] = WEXITSTATUS(*outcome.status);
  if (outcome.status && WIFSIGNALED(*outcome.status)) body["signal"] = WTERMSIG(*outcome.status);
  if (outcome.timed_out) body["timed_out"] = true;
  if (outcome.canceled) body["canceled"] = true;
  return body;
}

std::string kind_name(Kind kind) {
  std::string name = traits(kind).type;
  std::ranges::replace(name, '-', '_');
  return name;
}

}  // namespace jaild::monitor
