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

// Keeps the last event's number from connection to connection, so that the next one misses nothing.
class Follower {
 public:
  using Take = std::function<void(const std::vector<json>&)>;

  Follower(Session& session, const FollowOptions& options, const Take& take)
      : session_(session), options_(options), take_(take), last_(std::to_string(options.after)) {}

  // Until the connection ends. Success: it ended in an ordinary way, or nobody wants more.
  Result<void> follow() {
    HttpRequest request = request_for(RouteId::events, "", options_.query);
    request.headers = {{"Accept", "text/event-stream"}, {"Last-Event-ID", last_}};
    EventStreamReader reader;
    return stream_body(session_.api().connection(), std::move(request), [&](std::string_view piece) {
      hand_on(reader.feed(piece));
      if (reader.retry()) pause_ = *reader.retry();
      return !reader.broken() && options_.wanted();
    });
  }

  [[nodiscard]] std::chrono::milliseconds pause() const { return pause_; }
  [[nodiscard]] std::uint64_t received() const { return received_; }

 private:
  void hand_on(const std::vector<ServerEvent>& events) {
    std::vector<json> bodies;
    for (const ServerEvent& event : events) {
      if (!event.id.empty()) last_ = event.id;
      Result<json> body = parse_json(event.data);
      if (body) bodies.push_back(*std::move(body));
      ++received_;
    }
    if (!bodies.empty()) take_(bodies);
  }

  Session& session_;
  const FollowOptions& options_;
  const Take& take_;
  std::string last_;
  std::chrono::milliseconds pause_{1000};
  std::uint64_t received_ = 0;
};

// An answer that will be the same the next time ends it; a daemon that is away or slow does not.
bool worth_another_try(Kind kind) {
  return kind == Kind::unavailable || kind == Kind::timeout || kind == Kind::overloaded;
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
  int fruitless = 0;
  while (true) {
    const std::uint64_t before = follower.received();
    const Result<void> ended = follower.follow();
    if (!options.wanted()) return ExitCode::ok;
    if (!ended && !worth_another_try(ended.error().kind)) return session.fail("", ended.error());
    const bool fruitful = follower.received() > before;
    if (!ended && (fruitful || fruitless == 0)) session.warn("", ended.error().message + "; connecting again");
    fruitless = fruitful ? 0 : std::min(fruitless + 1, 5);
    std::this_thread::sleep_for(std::min(follower.pause() * (1 << fruitless), reconnect_pause_max));
  }
}

}  // namespace jaild::client
