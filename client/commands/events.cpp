#include <chrono>
#include <optional>
#include <ostream>

#include "client/commands/options.h"
#include "client/event_follower.h"
#include "client/fields.h"
#include "client/output.h"
#include "client/when.h"

namespace jaild::client {

using nlohmann::json;

namespace {

constexpr std::uint64_t events_page = 1000;  // the daemon's own maximum
// The store keeps 100,000 events; far more pages than that come from something else.
constexpr int events_pages_max = 1000;

struct EventsOptions {
  bool follow = false;
  std::string jail;
  std::string type;
  std::optional<std::uint64_t> after;
  std::string since;
  std::string until;
  std::optional<WallTime> since_time = {};  // of `since`, nullopt without it
  std::optional<WallTime> until_time = {};
};

// Who and what, behind the sentence: by="uid 0" from="unix pid 4711" action=put generation=3.
std::string data_text(const json& event) {
  std::string text;
  const json* data = field_at(event, "/data");
  if (data == nullptr || !data->is_object()) return text;
  for (const auto& [key, value] : data->items()) {
    const std::string word = shown(value);
    const bool quoted = word.empty() || word.find(' ') != std::string::npos;
    text += (text.empty() ? "" : " ") + key + "=" + (quoted ? '"' + word + '"' : word);
  }
  return text;
}

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
  if (const std::string data = data_text(event); !data.empty()) {
    out << "  " << painted(printable(data), Colour::dim, session.terminal().out_style());
  }
  out << '\n';
}

std::string filters(const EventsOptions& options) {
  const std::string jail = options.jail.empty() ? "" : "jail=" + percent_encode(options.jail);
  const std::string type = options.type.empty() ? "" : "type=" + percent_encode(options.type);
  return join_query({jail, type});
}

// Of the time that --since and --until leave. A clock that was set back leaves events out of order, so each is looked
// at.
bool is_within(const json& event, const EventsOptions& options) {
  const std::optional<WallTime> at = parse_rfc3339(text_at(event, "/at"));
  return !at || (*at >= options.since_time.value_or(*at) && *at <= options.until_time.value_or(*at));
}

// What happened so far, page by page.
ExitCode print_past(Session& session, const EventsOptions& options) {
  std::uint64_t after = options.after.value_or(0);
  for (int page = 0; page < events_pages_max && session.out(); ++page) {
    const std::string position = "after=" + std::to_string(after) + "&limit=" + std::to_string(events_page);
    const Result<Answer> answer =
        session.api().call({.route = RouteId::events, .query = join_query({filters(options), position})});
    if (!answer) return session.fail("", answer.error());
    const json& events = array_at(answer->body, "/items");
    for (const json& event : events) {
      if (is_within(event, options)) print_event(session, event);
    }
    // A page may be short for its bytes.
    if (events.empty() || (events.size() < events_page && !number_at(answer->body, "/next"))) return ExitCode::ok;
    const auto last = number_at(events.back(), "/id");
    if (!last || static_cast<std::uint64_t>(*last) <= after) return ExitCode::ok;
    after = static_cast<std::uint64_t>(*last);
  }
  return ExitCode::ok;
}

ExitCode run_events(Session& session, const EventsOptions& given) {
  EventsOptions options = given;
  const auto right_now = std::chrono::system_clock::now();
  options.since_time = parse_when(options.since, right_now);
  options.until_time = parse_when(options.until, right_now);
  if (options.follow && options.until_time) {
    return session.usage("events: --follow goes on until it is ended, so --until cannot stand beside it");
  }
  if (!options.jail.empty()) {
    if (const ExitCode wrong = session.check_names({options.jail}); wrong != ExitCode::ok) return wrong;
  }
  if (!options.follow) return print_past(session, options);
  const bool with_past = options.after || options.since_time;
  FollowOptions wanted{filters(options), options.after.value_or(0), [&session] { return session.out().good(); }};
  if (!with_past) {
    // From now on. The number is asked for first, so that a connection that breaks at once loses nothing.
    const Result<std::uint64_t> now = last_event(session);
    if (!now) return session.fail("", now.error());
    wanted.after = *now;
  }
  return follow_events(session, wanted, [&](const std::vector<json>& events) {
    for (const json& event : events) {
      if (is_within(event, options)) print_event(session, event);
    }
    session.out() << std::flush;
  });
}

}  // namespace

void add_events(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<EventsOptions>();
  CLI::App* verb = app.add_subcommand("events", "Show what happened, or what happens");
  verb->add_flag("-f,--follow", options->follow,
                 "Show events as they happen, from now on, or from --after or --since on");
  verb->add_option("--jail", options->jail, "Only events of this jail")->type_name("NAME");
  verb->add_option("--type", options->type, "Only events of this type (jail.exited, ...)")->type_name("TYPE");
  verb->add_option("--after", options->after, "Only events after the one with this number")->type_name("ID");
  verb->add_option("--since", options->since,
                   "Only events from this time on: 2026-01-31T12:00:00Z, 2026-01-31 12:00, 90s, 1h30m, 30d")
      ->type_name("TIME")
      ->check(a_time());
  verb->add_option("--until", options->until, "Only events up to this time")->type_name("TIME")->check(a_time());
  verb->footer(
      "With -f a lost connection is made again and nothing is missed. With -o json each event is one line.\n\n"
      "  jailctl events --jail web --since 1h\n"
      "  jailctl events -f --type jail.exited\n");
  choose(*verb, chosen, options, run_events);
}

}  // namespace jaild::client
