#include <optional>
#include <ostream>

#include "client/commands/options.h"
#include "client/event_follower.h"
#include "client/fields.h"
#include "client/output.h"

namespace jaild::client {

using nlohmann::json;

namespace {

constexpr std::uint64_t page_size = 1000;  // the daemon's own maximum
// The store keeps 100,000 events; far more pages than that come from something else.
constexpr int pages_max = 1000;

struct EventsOptions {
  bool follow = false;
  std::string jail;
  std::string type;
  std::optional<std::uint64_t> after;
};

void print_event(Session& session, const json& event) {
  std::ostream& out = session.out();
  if (session.json()) {
    out << json_line(event) << '\n';
    return;
  }
  const std::string jail = text_at(event, "/jail");
  out << printable(text_at(event, "/at")) << "  " << printable(text_at(event, "/type"));
  if (!jail.empty()) out << "  " << painted(printable(jail), Colour::bold, session.terminal().out_style());
  if (const std::string message = text_at(event, "/message"); !message.empty()) out << "  " << printable(message);
  out << '\n';
}

std::string filters(const EventsOptions& options) {
  const std::string jail = options.jail.empty() ? "" : "jail=" + percent_encode(options.jail);
  const std::string type = options.type.empty() ? "" : "type=" + percent_encode(options.type);
  return join_query({jail, type});
}

// What happened so far, page by page.
ExitCode print_past(Session& session, const EventsOptions& options) {
  std::uint64_t after = options.after.value_or(0);
  for (int page = 0; page < pages_max && session.out(); ++page) {
    const std::string position = "after=" + std::to_string(after) + "&limit=" + std::to_string(page_size);
    const Result<Answer> answer =
        session.api().call({.route = RouteId::events, .query = join_query({filters(options), position})});
    if (!answer) return session.fail("", answer.error());
    const json& events = array_at(answer->body, "/items");
    for (const json& event : events) print_event(session, event);
    if (events.size() < page_size) return ExitCode::ok;
    const auto last = number_at(events.back(), "/id");
    if (!last || static_cast<std::uint64_t>(*last) <= after) return ExitCode::ok;
    after = static_cast<std::uint64_t>(*last);
  }
  return ExitCode::ok;
}

ExitCode run_events(Session& session, const EventsOptions& options) {
  if (!options.jail.empty()) {
    if (const ExitCode wrong = session.check_names({options.jail}); wrong != ExitCode::ok) return wrong;
  }
  if (!options.follow) return print_past(session, options);
  FollowOptions wanted{filters(options), options.after.value_or(0), [&session] { return session.out().good(); }};
  if (!options.after) {
    // From now on. The number is asked for first, so that a connection that breaks at once loses nothing.
    const Result<std::uint64_t> now = last_event(session);
    if (!now) return session.fail("", now.error());
    wanted.after = *now;
  }
  return follow_events(session, wanted, [&session](const std::vector<json>& events) {
    for (const json& event : events) print_event(session, event);
    session.out() << std::flush;
  });
}

}  // namespace

void add_events(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<EventsOptions>();
  CLI::App* verb = app.add_subcommand("events", "Show what happened, or what happens");
  verb->add_flag("-f,--follow", options->follow, "Show events as they happen, from now on or from --after on");
  verb->add_option("--jail", options->jail, "Only events of this jail")->type_name("NAME");
  verb->add_option("--type", options->type, "Only events of this type (jail.exited, ...)")->type_name("TYPE");
  verb->add_option("--after", options->after, "Only events after the one with this number")->type_name("ID");
  verb->footer(
      "With -f a lost connection is made again and nothing is missed. With -o json each event is one line.\n\n"
      "  jailctl events --jail web\n"
      "  jailctl events -f --type jail.exited\n");
  choose(*verb, chosen, options, run_events);
}

}  // namespace jaild::client
