// events and api: what passes on whatever the daemon sends.
#include <fstream>
#include <sstream>
#include <streambuf>

#include <gtest/gtest.h>

#include "client/app.h"
#include "tests/unit/client/harness.h"

namespace jaild::client {
namespace {

using nlohmann::json;
using test::FakeDaemon;
using test::FakeReply;
using test::FakeRequest;
using Calls = std::vector<std::string>;

json event(int id) {
  return {
      {"id", id}, {"at", "2026-01-31T12:00:00Z"}, {"type", "jail.started"}, {"jail", "web"}, {"message", "it runs"}};
}

TEST(Events, PrintsThePastPageByPage) {
  const FakeDaemon daemon([](const FakeRequest& request) {
    json items = json::array();
    const bool first = contains(request.target, "after=0");
    for (int id = first ? 1 : 1001; id <= (first ? 1000 : 1002); ++id) items.push_back(event(id));
    return json_reply(200, {{"items", items}});
  });
  const Said said = run_jailctl(daemon, {"events", "--jail", "web", "--type", "jail.started"});
  EXPECT_EQ(std::count(said.out.begin(), said.out.end(), '\n'), 1002);
  EXPECT_EQ(said.out.substr(0, said.out.find('\n')), "2026-01-31T12:00:00Z  jail.started  web  it runs");
  EXPECT_EQ(daemon.calls(), (Calls{"GET /events?jail=web&type=jail.started&after=0&limit=1000",
                                   "GET /events?jail=web&type=jail.started&after=1000&limit=1000"}));
  EXPECT_TRUE(contains(daemon.request(daemon.calls().front()).headers.at("accept"), "application/json"));
}

TEST(Events, TextTellsWhoAndWhat) {
  json change = event(1);
  change["data"] = {{"by", "uid 0"}, {"action", "put"}, {"generation", "3"}};
  const FakeDaemon daemon([&](const FakeRequest&) { return json_reply(200, {{"items", {change}}}); });
  EXPECT_EQ(run_jailctl(daemon, {"events"}).out,
            "2026-01-31T12:00:00Z  jail.started  web  it runs  action=put by=\"uid 0\" generation=3\n");
}

TEST(Events, SinceAndUntilLeaveTheRestOut) {
  const FakeDaemon daemon([](const FakeRequest&) {
    json items = json::array();
    for (int id = 1; id <= 5; ++id) {
      items.push_back(event(id));
      items.back()["at"] = "2026-01-31T12:00:0" + std::to_string(id) + "Z";
    }
    return json_reply(200, {{"items", items}});
  });
  const Said said = run_jailctl(
      daemon, {"events", "--since", "2026-01-31T12:00:02Z", "--until", "2026-01-31T12:00:04Z", "-o", "json"});
  std::istringstream lines(said.out);
  std::string line;
  for (int id = 2; id <= 4; ++id) {
    ASSERT_TRUE(std::getline(lines, line));
    EXPECT_EQ(json::parse(line)["id"], id);
  }
  EXPECT_FALSE(std::getline(lines, line));
  EXPECT_EQ(run_jailctl(daemon, {"events", "--since", "yesterday"}).code, ExitCode::usage);
  EXPECT_EQ(run_jailctl(daemon, {"events", "-f", "--until", "1h"}).code, ExitCode::usage);
}

TEST(Events, FollowAPageThatIsShort) {
  const FakeDaemon daemon([](const FakeRequest& request) {
    if (contains(request.target, "after=7")) return json_reply(200, {{"items", {event(8)}}});
    return json_reply(200, {{"items", {event(7)}}, {"next", 7}});
  });
  const Said said = run_jailctl(daemon, {"events"});
  EXPECT_EQ(std::count(said.out.begin(), said.out.end(), '\n'), 2);
}

TEST(Events, JsonIsOneEventALine) {
  const FakeDaemon daemon([](const FakeRequest&) { return json_reply(200, {{"items", {event(1), event(2)}}}); });
  std::istringstream lines(run_jailctl(daemon, {"events", "-o", "json", "--after", "0"}).out);
  std::string line;
  for (int id = 1; std::getline(lines, line); ++id) EXPECT_EQ(json::parse(line), event(id));
}

// Fails, like a pipe whose reader went away, after some lines. Without a buffer, so that every character comes by here.
class ShortPipe : public std::streambuf {
 public:
  explicit ShortPipe(int lines) : lines_(lines) {}
  [[nodiscard]] const std::string& text() const { return text_; }

 protected:
  int_type overflow(int_type character) override {
    if (lines_ == 0) return traits_type::eof();
    text_ += traits_type::to_char_type(character);
    if (text_.back() == '\n') --lines_;
    return character;
  }

 private:
  std::string text_;
  int lines_;
};

Said follow(const FakeDaemon& daemon, int lines, const std::vector<std::string>& arguments) {
  ShortPipe pipe(lines);
  std::istringstream in;
  std::ostream out(&pipe);
  std::ostringstream err;
  Terminal terminal{in, out, err, false, false, false, false, {{"JAILD_SOCKET", daemon.socket()}}};
  const ExitCode code = run(arguments, terminal);
  return {code, pipe.text(), err.str()};
}

std::string frame(int id) {
  return "id: " + std::to_string(id) + "\nevent: jail.started\ndata: " + event(id).dump() + "\n\n";
}

FakeReply stream(const std::string& text) {
  return {.status = 200, .body = "retry: 5\n\n" + text};
}

TEST(Events, FollowingConnectsAgainWhereItWasAndMissesNothing) {
  const FakeDaemon daemon([](const FakeRequest& request) {
    if (request.target == "/jails?limit=1") return json_reply(200, {{"items", json::array()}, {"event", 41}});
    const int last = std::stoi(request.headers.at("last-event-id"));
    FakeReply reply = stream(frame(last + 1));
    reply.truncated = last == 42;
    return reply;
  });
  const Said said = follow(daemon, 2, {"events", "-f", "-o", "json"});
  EXPECT_EQ(said.code, ExitCode::ok) << said.err;
  EXPECT_EQ(said.out, event(42).dump() + "\n" + event(43).dump() + "\n");
  EXPECT_EQ(daemon.calls().front(), "GET /jails?limit=1");
}

TEST(Events, FollowingSurvivesADaemonThatIsAwayForAWhile) {
  int streams = 0;
  const FakeDaemon daemon([&](const FakeRequest&) {
    if (++streams == 2) return FakeReply{.status = 503};
    return stream(frame(streams));
  });
  const Said said = follow(daemon, 3, {"events", "-f", "--after", "0", "--jail", "web"});
  EXPECT_EQ(said.code, ExitCode::ok);
  EXPECT_TRUE(contains(said.err, "connecting again")) << said.err;
  EXPECT_EQ(daemon.calls().front(), "GET /events?jail=web");
}

TEST(Events, FollowingEndsWhenItIsNotAllowed) {
  const FakeDaemon daemon([](const FakeRequest&) { return problem_reply({Kind::forbidden, "viewers only", 0, {}}); });
  EXPECT_EQ(follow(daemon, 1, {"events", "-f", "--after", "0"}).code, ExitCode::not_authorised);
}

TEST(Api, SendsWhatItIsToldAndPrintsTheBodyAsItIs) {
  const FakeDaemon daemon([](const FakeRequest& request) {
    return FakeReply{.status = 200, .body = request.body + "\n\x01", .headers = {{"X-Here", "yes"}}};
  });
  const Said said =
      run_jailctl(daemon, {"api", "patch", "/jails/a%20b?x=1", "-d", "{\"a\":1}", "-H", "If-Match: \"3\"", "-i"});
  EXPECT_EQ(said.code, ExitCode::ok) << said.err;
  EXPECT_EQ(said.out.substr(0, 9), "HTTP 200\n");
  EXPECT_TRUE(contains(said.out, "X-Here: yes\n")) << said.out;
  EXPECT_EQ(said.out.substr(said.out.find("\n\n") + 2), "{\"a\":1}\n\x01");
  const FakeRequest sent = daemon.request("PATCH /jails/a%20b?x=1");
  EXPECT_EQ(sent.headers.at("if-match"), "\"3\"");
  EXPECT_EQ(sent.headers.at("content-type"), "application/json");
  EXPECT_EQ(run_jailctl(daemon, {"api", "-H", "A: b", "-H", "C: d", "PUT", "/y"}).code, ExitCode::ok);
  EXPECT_EQ(daemon.request("PUT /y").headers.at("c"), "d");
}

TEST(Api, ReadsTheBodyFromAFileOrStandardInput) {
  const FakeDaemon daemon([](const FakeRequest& request) { return FakeReply{.status = 200, .body = request.body}; });
  const std::string path = daemon.directory() + "/body";
  std::ofstream(path) << "from a file";
  EXPECT_EQ(run_jailctl(daemon, {"api", "PUT", "/x", "-d", "@" + path, "-H", "content-type: text/plain"}).out,
            "from a file");
  EXPECT_EQ(daemon.request("PUT /x").headers.at("content-type"), "text/plain");
  EXPECT_EQ(run_jailctl(daemon, {"api", "PUT", "/x", "-d", "@-"}, {.input = "from a pipe"}).out, "from a pipe");
  EXPECT_EQ(run_jailctl(daemon, {"api", "PUT", "/x", "-d", "@/nonexistent"}).code, ExitCode::failed);
}

TEST(Api, ExitCodeIsThatOfTheProblem) {
  const FakeDaemon daemon(
      [](const FakeRequest&) { return problem_reply({Kind::not_running, "web is stopped", 0, {}}); });
  const Said said = run_jailctl(daemon, {"api", "GET", "/jails/web/usage"});
  EXPECT_EQ(said.code, ExitCode::not_running);
  EXPECT_EQ(json::parse(said.out)["detail"], "web is stopped");
}

TEST(Api, JsonOutputIsAlwaysJson) {
  const FakeDaemon daemon([](const FakeRequest& request) {
    return FakeReply{.status = 200, .body = request.target == "/metrics" ? "a 1\n" : "{\"a\":1}"};
  });
  EXPECT_EQ(json::parse(run_jailctl(daemon, {"api", "GET", "/metrics", "-o", "json"}).out), "a 1\n");
  EXPECT_EQ(json::parse(run_jailctl(daemon, {"api", "GET", "/x", "-o", "json"}).out), (json{{"a", 1}}));
}

}  // namespace
}  // namespace jaild::client
