#include <ostream>
#include <thread>

#include "client/commands/options.h"
#include "client/event_follower.h"
#include "client/fields.h"
#include "client/jail_view.h"
#include "client/output.h"
#include "client/screen.h"

namespace jaild::client {

using nlohmann::json;

namespace {

struct StatusOptions {
  std::vector<std::string> names;
  bool watch = false;
};

ExitCode all_jails(Session& session) {
  const Result<json> jails = session.api().list();
  if (!jails) return session.fail("", jails.error());
  if (session.json()) {
    print_json(session.out(), *jails);
  } else {
    const auto now = std::chrono::system_clock::now();
    print_jail_table(session.out(), array_at(*jails, "/items"), session.terminal().out_style(), now);
  }
  return ExitCode::ok;
}

// A jail that stopped since it was looked at has no usage; that is no failure.
json usage_of(Session& session, const std::string& name, const json& object) {
  if (text_at(object, "/status/state") != "running") return nullptr;
  const Result<Answer> usage = session.api().call({.route = RouteId::jail_usage, .name = name});
  if (usage) return usage->body;
  if (usage.error().kind != Kind::not_running) session.warn(name, "usage cannot be read: " + usage.error().message);
  return nullptr;
}

ExitCode show(Session& session, const StatusOptions& options) {
  if (options.names.empty()) return all_jails(session);
  if (const ExitCode wrong = session.check_names(options.names); wrong != ExitCode::ok) return wrong;
  ExitCode code = ExitCode::ok;
  std::vector<json> objects;
  for (const std::string& name : options.names) {
    const Result<Answer> answer = session.api().get(name);
    if (!answer) {
      code = first_failure(code, session.fail(name, answer.error()));
      if (hopeless(code)) break;
      continue;
    }
    const json& object = answer->body;
    if (!session.json()) {
      if (!objects.empty()) session.out() << '\n';
      const auto now = std::chrono::system_clock::now();
      print_jail(session.out(), object, usage_of(session, name, object), session.terminal().out_style(), now);
    }
    objects.push_back(object);
    code = first_failure(code, state_exit_code(object));
  }
  if (!objects.empty()) session.print_objects(objects);
  return code;
}

// A burst of events, such as a start's, is one picture.
constexpr std::chrono::milliseconds picture_pause{200};

// Draws, and again whenever something happened. The events only say that it is time to look.
ExitCode watch(Session& session, const StatusOptions& options) {
  const Result<std::uint64_t> now = last_event(session);
  if (!now) return session.fail("", now.error());
  Screen screen(session.terminal());
  ExitCode code = ExitCode::ok;
  const auto draw = [&] {
    Sketch picture(session);
    code = show(picture.session(), options);
    screen.show(picture.text(), session.json() ? "" : "\n");
  };
  draw();
  const auto wanted = [&] { return session.out().good() && !hopeless(code) && code != ExitCode::usage; };
  if (!wanted()) return code;
  const std::string filter = options.names.size() == 1 ? "jail=" + percent_encode(options.names.front()) : "";
  const ExitCode ended = follow_events(session, {filter, *now, wanted}, [&](const std::vector<json>&) {
    std::this_thread::sleep_for(picture_pause);
    draw();
  });
  return ended == ExitCode::ok ? code : ended;
}

ExitCode run_status(Session& session, const StatusOptions& options) {
  return options.watch ? watch(session, options) : show(session, options);
}

}  // namespace

// docker's and podman's name for it, which is JSON there, too.
void add_inspect(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<StatusOptions>();
  CLI::App* verb = app.add_subcommand("inspect", "Show everything about jails as JSON");
  add_names(*verb, options->names, "Jails to show")->required();
  verb->footer(
      "The same as `jailctl status -o json`: {\"items\":[...]}, which up, plan and apply take back.\n\n"
      "  jailctl inspect web | jq .items[0].status.jid\n");
  verb->callback([&chosen, options] {
    chosen = [options](Session& session) {
      Session as_json(session.terminal(), session.api(), true);
      return show(as_json, *options) == ExitCode::unknown_jail ? ExitCode::unknown_jail : ExitCode::ok;
    };
  });
}

void add_status(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<StatusOptions>();
  CLI::App* verb = app.add_subcommand("status", "Show how jails are, and why");
  add_names(*verb, options->names, "Jails to show in full; without names a table of all");
  verb->add_flag("-w,--watch", options->watch, "Show them again whenever something happens");
  verb->footer(
      "Exit code for named jails: 0 running and ready, 3 not running, 4 unknown, 5 running but not ready;\n"
      "of several the first that is not 0.\n\n"
      "  jailctl status web\n"
      "  jailctl status web >/dev/null || echo web is not well\n");
  choose(*verb, chosen, options, run_status);
}

}  // namespace jaild::client
