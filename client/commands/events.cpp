#include <algorithm>
#include <chrono>
#include <optional>
#include <ostream>
#include <thread>

#include "api/contract/json.h"
#include "client/commands/options.h"
#include "client/event_stream.h"
#include "client/fields.h"
#include "client/output.h"
#include "client/streaming.h"

namespace jaild::client {

using nlohmann::json;

namespace {

constexpr std::chrono::milliseconds reconnect_pause_max{30'000};
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

// One connection of `events -f`. Keeps the last event's number, so that the next one misses nothing.
class Follower {
 public:
  Follower(Session& session, const EventsOptions& options, std::uint64_t last)
      : session_(session), options_(options), last_(std::to_string(last)) {}

  // Until the connection ends. Success: it ended in an ordinary way, or nobody reads our output any more.
  Result<void> follow() {
    HttpRequest request = request_for(RouteId::events, "", filters(options_));
    request.headers = {{"Accept", "text/event-stream"}, {"Last-Event-ID", last_}};
    EventStreamReader reader;
    return stream_body(session_.api().connection(), std::move(request), [&](std::string_view piece) {
      take(reader.feed(piece));
      if (reader.retry()) pause_ = *reader.retry();
      return !reader.broken() && session_.out().good();
    });
  }

  [[nodiscard]] std::chrono::milliseconds pause() const { return pause_; }
  [[nodiscard]] std::uint64_t received() const { return received_; }

 private:
  void take(const std::vector<ServerEvent>& events) {
    for (const ServerEvent& event : events) {
      if (!event.id.empty()) last_ = event.id;
      const Result<json> body = parse_json(event.data);
      if (body) print_event(session_, *body);
      ++received_;
    }
    session_.out() << std::flush;
  }

  Session& session_;
  const EventsOptions& options_;
  std::string last_;
  std::chrono::milliseconds pause_{1000};
  std::uint64_t received_ = 0;
};

// An answer that will be the same the next time ends it; a daemon that is away or slow does not.
bool worth_another_try(Kind kind) {
  return kind == Kind::unavailable || kind == Kind::timeout || kind == Kind::overloaded;
}

// Until the user ends it. That a daemon comes back is what it waits for, so only the pauses are bounded.
ExitCode follow(Session& session, const EventsOptions& options, std::uint64_t last) {
  Follower follower(session, options, last);
  int fruitless = 0;
  while (true) {
    const std::uint64_t before = follower.received();
    const Result<void> ended = follower.follow();
    if (!session.out().good()) return ExitCode::ok;
    if (!ended && !worth_another_try(ended.error().kind)) return session.fail("", ended.error());
    const bool fruitful = follower.received() > before;
    if (!ended && (fruitful || fruitless == 0)) session.warn("", ended.error().message + "; connecting again");
    fruitless = fruitful ? 0 : std::min(fruitless + 1, 5);
    std::this_thread::sleep_for(std::min(follower.pause() * (1 << fruitless), reconnect_pause_max));
  }
}

ExitCode run_events(Session& session, const EventsOptions& options) {
  if (!options.jail.empty()) {
    if (const ExitCode wrong = session.check_names({options.jail}); wrong != ExitCode::ok) return wrong;
  }
  if (!options.follow) return print_past(session, options);
  std::uint64_t last = options.after.value_or(0);
  if (!options.after) {
    // From now on. The number is asked for first, so that a connection that breaks at once loses nothing.
    const Result<Answer> now = session.api().call({.route = RouteId::list_jails, .query = "limit=1"});
    if (!now) return session.fail("", now.error());
    last = static_cast<std::uint64_t>(std::max<std::int64_t>(number_at(now->body, "/event").value_or(0), 0));
  }
  return follow(session, options, last);
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
