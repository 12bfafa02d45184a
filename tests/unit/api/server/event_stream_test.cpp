#include "api/server/event_stream.h"

#include <gtest/gtest.h>

#include "tests/unit/api/server/harness.h"

namespace jaild::server {

using namespace std::chrono_literals;

namespace {

// The numbers of the next `count` events of a stream; fewer when it ends.
std::vector<int> next_ids(Client& client, std::size_t count) {
  std::vector<int> ids;
  while (ids.size() < count) {
    const std::string block = client.read_until("\n\n");
    if (!block.ends_with("\n\n")) break;  // the end of the stream
    if (block.starts_with("id: ")) ids.push_back(std::atoi(block.c_str() + 4));
  }
  return ids;
}

std::vector<int> range(int first, int last) {
  std::vector<int> numbers;
  for (int n = first; n <= last; ++n) numbers.push_back(n);
  return numbers;
}

void publish(TestServer& server, int count, const std::string& jail = "www1") {
  server.run([&] {
    for (int i = 0; i < count; ++i) server.service().publish(jail, EventType::jail_started);
  });
}

bool subscribed(TestServer& server, std::size_t count) {
  return server.eventually([&] { return server.service().subscribers() == count; });
}

}  // namespace

TEST(EventStream, SendsWhatHappensFromNowOn) {
  TestServer server;
  publish(server, 3);
  Client client(server.address());
  client.send(Client::request("GET", "/events"));
  const Reply head = client.read_reply();
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.fields.at("content-type"), "text/event-stream");
  EXPECT_EQ(head.fields.at("cache-control"), "no-store");
  EXPECT_EQ(head.fields.at("connection"), "close");
  EXPECT_EQ(client.read_until("\n\n"), "retry: 3000\n\n");
  publish(server, 1);
  const std::string event = client.read_until("\n\n");
  EXPECT_TRUE(event.starts_with("id: 4\nevent: jail.started\ndata: {")) << event;
  const std::string data = event.substr(event.find("data: ") + 6);
  EXPECT_EQ(nlohmann::json::parse(data)["jail"], "www1");
}

TEST(EventStream, ReplaysThenFollowsWithoutAGapOrADouble) {
  TestServer server;
  publish(server, 1000);  // several pages
  Client client(server.address());
  client.send(Client::request("GET", "/events", "", "Last-Event-ID: 10\r\n"));
  ASSERT_TRUE(subscribed(server, 1));
  publish(server, 500);  // while the replay is under way, or just after
  EXPECT_EQ(next_ids(client, 1490), range(11, 1500));
  publish(server, 5);
  EXPECT_EQ(next_ids(client, 5), range(1501, 1505));
}

// What happens between the subscription and the answer of the store comes through both.
TEST(EventStream, AnEventThatComesBothWaysIsSentOnce) {
  TestServer server;
  publish(server, 2);
  server.run([&] { server.service().hold = true; });
  Client client(server.address());
  client.send(Client::request("GET", "/events?after=0"));
  ASSERT_TRUE(server.eventually([&] { return server.service().held.size() == 1; }));
  publish(server, 3);
  server.run([&] { server.service().answer_held(); });
  publish(server, 1);
  EXPECT_EQ(next_ids(client, 6), range(1, 6));
}

TEST(EventStream, ShowsOnlyWhatWasAskedFor) {
  TestServer server;
  publish(server, 2, "db1");
  publish(server, 1, "www1");
  Client client(server.address());
  client.send(Client::request("GET", "/events?after=0&jail=www1&type=jail.started"));
  EXPECT_EQ(next_ids(client, 1), range(3, 3));
  publish(server, 1, "db1");
  server.run([&] { server.service().publish("www1", EventType::jail_exited); });
  publish(server, 1, "www1");
  EXPECT_EQ(next_ids(client, 1), range(6, 6));
}

TEST(EventStream, StepsAreShownToThoseWhoAskAndHaveNoNumber) {
  TestServer server;
  Client plain(server.address());
  plain.send(Client::request("GET", "/events"));
  Client client(server.address());
  client.send(Client::request("GET", "/events?steps=1&jail=www1"));
  ASSERT_TRUE(subscribed(server, 2));
  client.read_until("retry: 3000\n\n");
  server.run([&] {
    StepReport step{"exec.start", "/bin/sh /etc/rc", true, "", 0, WallTime{}};
    server.service().show_step("db1", step);
    server.service().show_step("www1", step);
    step.running_since.reset();
    step.seconds = 0.5;
    server.service().show_step("www1", step);
  });
  publish(server, 1);
  const std::string begin = client.read_until("\n\n");
  EXPECT_TRUE(begin.starts_with("event: jail.step\ndata: {")) << begin;
  const auto data = nlohmann::json::parse(begin.substr(begin.find("data: ") + 6));
  EXPECT_EQ(data["jail"], "www1");
  EXPECT_EQ(data["phase"], "begin");
  EXPECT_EQ(data["step"], "exec.start");
  EXPECT_EQ(data["command"], "/bin/sh /etc/rc");
  EXPECT_FALSE(data.contains("ok") || data.contains("id") || data.contains("seconds"));
  const std::string end = client.read_until("\n\n");
  const auto outcome = nlohmann::json::parse(end.substr(end.find("data: ") + 6));
  EXPECT_EQ(outcome["phase"], "end");
  EXPECT_EQ(outcome["ok"], true);
  EXPECT_EQ(outcome["seconds"], 0.5);
  EXPECT_EQ(next_ids(client, 1), range(1, 1));
  plain.read_until("retry: 3000\n\n");
  EXPECT_TRUE(plain.read_until("\n\n").starts_with("id: 1\n")) << "no steps unless they are asked for";
}

TEST(EventStream, AReaderThatFallsBehindMissesStepsAndNoEvents) {
  TestServer server([](ServerOptions& options) { options.limits.stream_queue = 8; });
  Client client(server.address());
  client.send(Client::request("GET", "/events?steps=1"));
  ASSERT_TRUE(subscribed(server, 1));
  server.run([&] {
    for (int i = 0; i < 100; ++i) server.service().show_step("www1", {"mount", "", true, "", 0});
    for (int i = 0; i < 4; ++i) server.service().publish("www1", EventType::jail_started);
  });
  EXPECT_EQ(next_ids(client, 4), range(1, 4));
}

TEST(EventStream, ANumberFromAnotherStoreMeansFromNowOn) {
  TestServer server;
  publish(server, 3);
  Client client(server.address());
  client.send(Client::request("GET", "/events?after=1000"));
  ASSERT_TRUE(subscribed(server, 1));
  publish(server, 1);
  EXPECT_EQ(next_ids(client, 1), range(4, 4));
}

TEST(EventStream, GivesSignsOfLife) {
  TestServer server([](ServerOptions& options) { options.limits.heartbeat = 5ms; });
  Client client(server.address());
  client.send(Client::request("GET", "/events"));
  EXPECT_NE(client.read_until(": still here\n\n: still here\n\n").find("still here"), std::string::npos);
}

TEST(EventStream, ASlowReaderIsCutOffAndTheOthersAreNot) {
  TestServer server;
  Client slow(server.address(), 4096);
  slow.send(Client::request("GET", "/events"));
  ASSERT_TRUE(subscribed(server, 1));
  Client quick(server.address());
  quick.send(Client::request("GET", "/events"));
  ASSERT_TRUE(subscribed(server, 2));
  int published = 0;
  std::vector<int> seen;
  while (published < 1'000'000 && server.run([&] { return server.service().subscribers(); }) == 2) {
    publish(server, 500);
    published += 500;
    const std::vector<int> ids = next_ids(quick, 500);
    seen.insert(seen.end(), ids.begin(), ids.end());
  }
  EXPECT_TRUE(subscribed(server, 1));
  EXPECT_EQ(seen, range(1, published));
  const std::vector<int> got = next_ids(slow, static_cast<std::size_t>(published));
  EXPECT_LT(got.size(), static_cast<std::size_t>(published));
  EXPECT_EQ(got, range(1, static_cast<int>(got.size()))) << "cut off, never skipped";
  Client back(server.address());
  back.send(Client::request("GET", "/events?after=" + std::to_string(got.size())));
  EXPECT_EQ(next_ids(back, 1), range(static_cast<int>(got.size()) + 1, static_cast<int>(got.size()) + 1));
}

TEST(EventStream, AReaderThatTakesNothingEndsAtTheWriteDeadline) {
  TestServer server([](ServerOptions& options) {
    options.limits.write_time = 50ms;
    options.limits.stream_queue = 1'000'000;
  });
  publish(server, 20'000);  // more than the sockets' buffers hold
  Client slow(server.address(), 4096);
  slow.send(Client::request("GET", "/events?after=0"));
  ASSERT_TRUE(server.eventually([&] { return !server.service().event_queries.empty(); }));
  EXPECT_TRUE(subscribed(server, 0));
}

TEST(EventStream, EndsWhenTheReaderGoes) {
  TestServer server;
  {
    Client client(server.address());
    client.send(Client::request("GET", "/events"));
    ASSERT_TRUE(subscribed(server, 1));
  }
  EXPECT_TRUE(subscribed(server, 0));
}

TEST(EventStream, OnlySoManyAreOpenAtOnce) {
  TestServer server([](ServerOptions& options) { options.limits.streams = 1; });
  {
    Client first(server.address());
    first.send(Client::request("GET", "/events"));
    ASSERT_TRUE(subscribed(server, 1));
    Client second(server.address());
    const Reply reply = second.ask("GET", "/events");
    EXPECT_EQ(reply.status, 503);
    EXPECT_EQ(reply.json()["type"], "urn:jaild:problem:overloaded");
    EXPECT_TRUE(reply.fields.contains("retry-after"));
    EXPECT_EQ(second.ask("HEAD", "/events").status, 200) << "a header alone is no stream";
  }
  ASSERT_TRUE(subscribed(server, 0));
  Client third(server.address());
  third.send(Client::request("GET", "/events"));
  EXPECT_TRUE(subscribed(server, 1));
}

}  // namespace jaild::server
