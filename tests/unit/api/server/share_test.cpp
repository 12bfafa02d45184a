#include "api/server/share.h"

#include <gtest/gtest.h>

#include <list>
#include <string>

#include "tests/unit/api/server/harness.h"

namespace jaild::server {

namespace {

std::size_t taken_at_most(Shares& shares, std::list<Share>& held, const std::string& asker, std::size_t all) {
  std::size_t count = 0;
  while (held.emplace_back().take(shares, asker, all)) ++count;
  held.pop_back();
  return count;
}

Token a_token(const std::string& name) {
  Token made;
  made.id = name;
  made.name = name;
  made.role = Role::admin;
  return made;
}

}  // namespace

TEST(Share, OneAskerHasHalfAndOneInAnyCase) {
  for (const auto& [all, half] : {std::pair<std::size_t, std::size_t>{0, 0}, {1, 1}, {2, 1}, {7, 4}, {64, 32}}) {
    Shares shares;
    std::list<Share> held;
    EXPECT_EQ(taken_at_most(shares, held, "uid 0", all), half) << all;
    EXPECT_EQ(taken_at_most(shares, held, "uid 1", all), all - half) << all;
    EXPECT_EQ(taken_at_most(shares, held, "uid 2", all), 0U) << all;
    EXPECT_EQ(shares.taken(), all);
    held.clear();
    EXPECT_EQ(shares.taken(), 0U);
    EXPECT_EQ(taken_at_most(shares, held, "uid 2", all), half) << all;
  }
}

TEST(Share, OneTokenCannotTakeAllStreams) {
  TestServer server([](ServerOptions& options) { options.limits.streams = 4; }, Surface::full, Way::tcp);
  server.run([&] {
    for (const char* name : {"greedy", "other"}) server.service().tokens_by_secret[name] = a_token(name);
  });
  const auto stream = [](const char* who) {
    return Client::request("GET", "/events", "", std::string("Authorization: Bearer ") + who + "\r\n");
  };
  // Each listens for events twice: for those that it tells, and for the end of its token.
  const auto streams = [&](std::size_t count) {
    return server.eventually([&server, count] { return server.service().subscribers() == 2 * count; });
  };
  std::list<Client> open;
  for (int n = 0; n < 2; ++n) open.emplace_back(server.address()).send(stream("greedy"));
  ASSERT_TRUE(streams(2));
  Client third(server.address());
  third.send(stream("greedy"));
  const Reply refused = third.read_reply();
  EXPECT_EQ(refused.status, 503);
  EXPECT_TRUE(refused.fields.contains("retry-after"));
  open.emplace_back(server.address()).send(stream("other"));
  EXPECT_TRUE(streams(3));
  open.pop_front();
  ASSERT_TRUE(streams(2));
  open.emplace_back(server.address()).send(stream("greedy"));
  EXPECT_TRUE(streams(3)) << "one of its own has ended";
}

TEST(Share, OneTokenCannotKeepAllConnectionsBusy) {
  TestServer server([](ServerOptions& options) { options.limits.connections = 4; }, Surface::full, Way::tcp);
  server.run([&] {
    for (const char* name : {"greedy", "other"}) server.service().tokens_by_secret[name] = a_token(name);
    server.service().declare("www1");
    server.service().hold = true;
  });
  const auto start = [](const char* who) {
    return Client::request("POST", "/jails/www1/start?wait=600", "",
                           std::string("Authorization: Bearer ") + who + "\r\n");
  };
  std::list<Client> waiting;
  for (std::size_t n = 1; n <= 2; ++n) {
    waiting.emplace_back(server.address()).send(start("greedy"));
    ASSERT_TRUE(server.eventually([&] { return server.service().held.size() == n; }));
  }
  Client third(server.address());
  third.send(start("greedy"));
  EXPECT_EQ(third.read_reply().status, 503);
  Client other(server.address());
  EXPECT_EQ(other.ask("GET", "/jails/www1", "", "Authorization: Bearer other\r\n").status, 200);
  server.run([&] { server.service().answer_held(); });
  EXPECT_EQ(waiting.front().read_reply().status, 202);
  EXPECT_EQ(third.ask("GET", "/jails/www1", "", "Authorization: Bearer greedy\r\n").status, 200);
}

// Over one connection, counted over all that it asks without a valid token.
TEST(Share, AStrangersConnectionEndsAfterItsRequests) {
  TestServer server({}, Surface::full, Way::tcp);
  server.run([&] { server.service().tokens_by_secret["s"] = a_token("s"); });
  Client stranger(server.address());
  for (int n = 1; n < 100; ++n) {
    const Reply reply = n % 2 == 0 ? stranger.ask("GET", "/livez") : stranger.ask("GET", "/jails");
    ASSERT_EQ(reply.status, n % 2 == 0 ? 200 : 401) << n;
    ASSERT_FALSE(reply.fields.contains("connection")) << n;
  }
  const Reply last = stranger.ask("GET", "/livez");
  EXPECT_EQ(last.status, 200);
  EXPECT_EQ(last.fields.at("connection"), "close");
  EXPECT_TRUE(stranger.closed_by_server());
  Client known(server.address());
  for (int n = 0; n < 150; ++n) {
    ASSERT_EQ(known.ask("GET", "/jails", "", "Authorization: Bearer s\r\n").status, 200) << n;
  }
}

TEST(Share, WhoTheKernelKnowsIsNoStranger) {
  TestServer server;
  Client client(server.address());
  for (int n = 0; n < 150; ++n) ASSERT_EQ(client.ask("GET", "/livez").status, 200) << n;
}

}  // namespace jaild::server
