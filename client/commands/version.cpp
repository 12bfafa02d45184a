#include <ostream>

#include "api/contract/version.h"
#include "client/commands/options.h"
#include "client/fields.h"
#include "client/output.h"

namespace jaild::client {

using nlohmann::json;

namespace {

ExitCode run_version(Session& session) {
  const Result<Answer> daemon = session.api().call({.route = RouteId::version});
  if (session.json()) {
    json versions{{"client", {{"version", version_text}}}};
    if (daemon) versions["daemon"] = daemon->body;
    print_json(session.out(), versions);
  } else {
    session.out() << "jailctl " << version_text << '\n';
    if (daemon) session.out() << "jaild   " << printable(text_at(daemon->body, "/version")) << '\n';
  }
  return daemon ? ExitCode::ok : session.fail("", daemon.error());
}

}  // namespace

void add_version(CLI::App& app, Command& chosen) {
  CLI::App* verb = app.add_subcommand("version", "Show the versions of jailctl and of the daemon");
  verb->footer("`jailctl --version` asks no daemon.\n");
  verb->callback([&chosen] { chosen = run_version; });
}

}  // namespace jaild::client
