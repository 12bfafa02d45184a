#include "client/event_follower.h"

#include <algorithm>
#include <thread>

#include "api/contract/json.h"
#include "client/event_stream.h"
#include "client/fields.h"
#include "client/streaming.h"

namespace jaild::client {

using nlohmann::json;

namespace {

constexpr std::chrono::milliseconds reconnect_pause_max{30'000};
// For who looks at the jails at every connection: it sees nothing in between.
constexpr std::chrono::milliseconds look_pause_max{2'000};

// Keeps the last event's number from connection to connection, so that the next one misses nothing.
class Follower {
 public:
  using Take = std::function<void(const std::vector<json>&)>;

  Follower(Session& session, const FollowOptions& options, const Take& take)
      : session_(session), options_(options), take_(take), last_(std::to_string(options.after)) {}

  // Until the connection ends. Success: it ended in an ordinary way, or nobody wants more.
  Result<void> follow() {
    const std::string steps = options_.live && steps_ ? "steps=1" : "";
    HttpRequest request = request_for(RouteId::events, "", join_query({options_.query, steps}));
    request.headers = {{"Accept", "text/event-stream"}, {"Last-Event-ID", last_}};
    EventStreamReader reader;
    const auto on_piece = [&](std::string_view piece) {
      const bool news = hand_on(reader.feed(piece));
      if (reader.retry()) pause_ = *reader.retry();
      if (!news && options_.idle) options_.idle();
      return !reader.broken() && options_.wanted();
    };
    const auto act = [this] {
      options_.idle();
      return options_.wanted();
    };
    Result<void> ended = stream_body(session_.api().connection(), std::move(request), on_piece, {options_.wake, act});
    const bool refused = !ended && (ended.error().kind == Kind::invalid || ended.error().kind == Kind::bad_request);
    if (steps.empty() || !refused) return ended;
    steps_ = false;  // a jaild that does not know them
    return follow();
  }

  [[nodiscard]] std::chrono::milliseconds pause() const { return pause_; }
  [[nodiscard]] std::uint64_t received() const { return received_; }

 private:
  // Whether there was anything for anybody.
  bool hand_on(const std::vector<ServerEvent>& events) {
    std::vector<json> bodies;
    bool news = false;
    for (const ServerEvent& event : events) {
      const bool numbered = !event.id.empty();
      if (numbered) last_ = event.id;
      ++received_;
      Result<json> body = parse_json(event.data);
      if (!body) continue;
      news = true;
      if (numbered) bodies.push_back(*std::move(body));
      if (!numbered && options_.live) options_.live(*body);
    }
    if (!bodies.empty()) take_(bodies);
    return news;
  }

  Session& session_;
  const FollowOptions& options_;
  const Take& take_;
  std::string last_;
  std::chrono::milliseconds pause_{1000};
  std::uint64_t received_ = 0;
  bool steps_ = true;
};

// An answer that will be the same the next time ends it; a daemon that is away or slow does not.
bool worth_another_try(Kind kind) {
  return kind == Kind::unavailable || kind == Kind::timeout || kind == Kind::overloaded;
}

// Lets the time pass that lies between two connections.
void pause_for(std::chrono::milliseconds pause, const FollowOptions& options) {
  const auto end = FollowOptions::Clock::now() + pause;
  while (options.wanted() && FollowOptions::Clock::now() < end) {
    const auto wake = options.wake ? options.wake() : std::nullopt;
    std::this_thread::sleep_until(wake ? std::min(*wake, end) : end);
    if (wake && *wake <= FollowOptions::Clock::now()) options.idle();
  }
}

}  // namespace

Result<std::uint64_t> last_event(Session& session) {
  const Result<Answer> now = session.api().call({.route = RouteId::list_jails, .query = "limit=1"});
  if (!now) return Fail(now.error());
  return static_cast<std::uint64_t>(std::max<std::int64_t>(number_at(now->body, "/event").value_or(0), 0));
}

// That a daemon comes back is what it waits for, so only the pauses are bounded.
ExitCode follow_events(Session& session, const FollowOptions& options,
                       const std::function<void(const std::vector<json>&)>& take) {
  Follower follower(session, options, take);
  const bool looks = options.lost != nullptr;
  int fruitless = 0;
  while (true) {
    const std::uint64_t before = follower.received();
    const Result<void> ended = follower.follow();
    if (looks && options.wanted()) options.lost();
    if (!options.wanted()) return ExitCode::ok;
    if (!ended && !worth_another_try(ended.error().kind)) return session.fail("", ended.error());
    const bool fruitful = follower.received() > before;
    const bool told = !ended && (fruitful || fruitless == 0);
    if (told && !looks) session.warn("", ended.error().message + "; connecting again");
    fruitless = fruitful ? 0 : std::min(fruitless + 1, 5);
    if (looks && fruitful) continue;
    const auto pause = std::min(follower.pause() * (1 << fruitless), reconnect_pause_max);
    pause_for(looks ? std::min(pause, look_pause_max) : pause, options);
  }
}

}  // namespace jaild::client
