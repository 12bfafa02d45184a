#include <algorithm>
#include <ostream>
#include <tuple>

#include "api/contract/jail_status.h"
#include "client/commands/options.h"
#include "client/fields.h"
#include "client/jail_view.h"
#include "client/output.h"

namespace jaild::client {

using nlohmann::json;

namespace {

struct LsOptions {
  std::string label;
  std::string state;
  std::string sort = "name";
  bool names_only = false;
  bool all = false;  // all are listed anyway: docker's and podman's habit
};

// By name as they came, or by what changes: the longest up first, the most restarts first, states together.
void sort_jails(json& items, const std::string& by) {
  const auto place = [&](const json& jail) -> std::tuple<std::string, std::int64_t, std::string> {
    const std::string name = text_at(jail, "/name");
    if (by == "state") return {text_at(jail, "/status/state"), 0, name};
    if (by == "restarts") return {"", -number_at(jail, "/status/restarts").value_or(0), name};
    if (by == "uptime") {
      const std::string since = text_at(jail, "/status/started_at");
      const bool up = text_at(jail, "/status/state") == "running" && !since.empty();
      return {up ? since : "~", 0, name};  // after every time
    }
    return {"", 0, name};
  };
  std::sort(items.begin(), items.end(),
            [&](const json& left, const json& right) { return place(left) < place(right); });
}

ExitCode run_ls(Session& session, const LsOptions& options) {
  if (!options.label.empty() && (options.label.find('=') == std::string::npos || options.label.front() == '=')) {
    return session.usage("ls: --label takes KEY=VALUE, not '" + options.label + "'");
  }
  if (!options.state.empty() && !jail_state_from(options.state)) {
    return session.usage("ls: there is no state '" + options.state +
                         "': stopped, blocked, starting, running, stopping, backoff, failed, foreign");
  }
  const std::string label = options.label.empty() ? "" : "label=" + percent_encode(options.label);
  const std::string state = options.state.empty() ? "" : "state=" + percent_encode(options.state);
  Result<json> jails = session.api().list(join_query({label, state}));
  if (!jails) return session.fail("", jails.error());
  if (jails->contains("items")) sort_jails((*jails)["items"], options.sort);
  if (session.json()) {
    print_json(session.out(), *jails);
  } else if (options.names_only) {
    for (const json& jail : array_at(*jails, "/items")) session.out() << printable(text_at(jail, "/name")) << '\n';
  } else {
    const auto now = std::chrono::system_clock::now();
    print_jail_table(session.out(), array_at(*jails, "/items"), session.terminal().out_style(), now);
  }
  return ExitCode::ok;
}

}  // namespace

void add_ls(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<LsOptions>();
  CLI::App* verb = app.add_subcommand("ls", "List jails")->alias("list");
  verb->add_option("--label", options->label, "Only jails with this label")->type_name("KEY=VALUE");
  verb->add_option("--state", options->state, "Only jails in this state (running, failed, ...)")->type_name("STATE");
  verb->add_option("--sort", options->sort, "name (default), state, uptime or restarts")
      ->type_name("BY")
      ->check(CLI::IsMember({"name", "state", "uptime", "restarts"}).description(""));
  verb->add_flag("-a,--all", options->all, "All jails, stopped ones too: what ls does anyway");
  verb->add_flag("-q,--quiet", options->names_only, "Names only, one a line");
  verb->footer(
      "  jailctl ls --state failed\n"
      "  jailctl ls -q --label tier=web | xargs jailctl restart\n");
  choose(*verb, chosen, options, run_ls);
}

}  // namespace jaild::client
