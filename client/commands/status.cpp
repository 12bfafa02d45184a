#include <algorithm>
#include <optional>
#include <ostream>

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

struct Shown {
  ExitCode code = ExitCode::ok;
  bool unknown = false;    // one of the jails is
  bool under_way = false;  // one of them starts or stops
};

Shown show(Session& session, const StatusOptions& options) {
  if (options.names.empty()) return {all_jails(session)};
  if (const ExitCode wrong = session.check_names(options.names); wrong != ExitCode::ok) return {wrong};
  Shown shown;
  ExitCode& code = shown.code;
  std::vector<json> objects;
  for (const std::string& name : options.names) {
    const Result<Answer> answer = session.api().get(name);
    if (!answer) {
      code = first_failure(code, session.fail(name, answer.error()));
      shown.unknown = shown.unknown || answer.error().kind == Kind::not_found;
      if (hopeless(code)) break;
      continue;
    }
    const json& object = answer->body;
    const std::string state = text_at(object, "/status/state");
    shown.under_way = shown.under_way || state == "starting" || state == "stopping";
    if (!session.json()) {
      if (!objects.empty()) session.out() << '\n';
      const auto now = std::chrono::system_clock::now();
      print_jail(session.out(), object, usage_of(session, name, object), session.terminal().out_style(), now);
    }
    objects.push_back(object);
    code = first_failure(code, state_exit_code(object));
  }
  if (!objects.empty()) session.print_objects(objects);
  return shown;
}

// A burst of events, such as a start's, is one picture.
constexpr std::chrono::milliseconds picture_pause{200};
// While a step runs its time goes on.
constexpr std::chrono::seconds step_tick{1};

// Draws, and again whenever something happened. The events only say that it is time to look.
class Watch {
 public:
  Watch(Session& session, const StatusOptions& options)
      : session_(session), options_(options), screen_(session.terminal()) {}

  ExitCode run(std::uint64_t after) {
    draw();
    if (!wanted()) return code();
    FollowOptions follow;
    follow.query = options_.names.size() == 1 ? "jail=" + percent_encode(options_.names.front()) : "";
    follow.after = after;
    follow.wanted = [this] { return wanted(); };
    follow.live = [this](const json&) { due_soon(); };
    follow.wake = [this] { return due_; };
    follow.idle = [this] {
      if (due_ && *due_ <= FollowOptions::Clock::now()) draw();
    };
    const ExitCode ended = follow_events(session_, follow, [this](const std::vector<json>&) { due_soon(); });
    return ended == ExitCode::ok ? code() : ended;
  }

 private:
  void due_soon() {
    const auto soon = FollowOptions::Clock::now() + picture_pause;
    due_ = std::min(due_.value_or(soon), soon);
  }

  void draw() {
    Sketch picture(session_);
    shown_ = show(picture.session(), options_);
    screen_.show(picture.text(), session_.json() ? "" : "\n");
    due_.reset();
    if (shown_.under_way && session_.terminal().out_tty) due_ = FollowOptions::Clock::now() + step_tick;
  }

  // What does not come back by itself ends it.
  [[nodiscard]] bool wanted() const {
    return session_.terminal().out.good() && !shown_.unknown && !hopeless(shown_.code) &&
           shown_.code != ExitCode::usage;
  }

  [[nodiscard]] ExitCode code() const { return shown_.unknown ? ExitCode::unknown_jail : shown_.code; }

  Session& session_;
  const StatusOptions& options_;
  Screen screen_;
  Shown shown_;
  std::optional<FollowOptions::Clock::time_point> due_;  // of the next picture
};

ExitCode run_status(Session& session, const StatusOptions& options) {
  if (!options.watch) return show(session, options).code;
  const Result<std::uint64_t> now = last_event(session);
  if (!now) return session.fail("", now.error());
  return Watch(session, options).run(*now);
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
      return show(as_json, *options).unknown ? ExitCode::unknown_jail : ExitCode::ok;
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
