#include "api/server/listener.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

#include "tests/unit/api/server/harness.h"

namespace jaild::server {

using namespace std::chrono_literals;

TEST(Listener, WhoAsksNothingGivesWayAtTheConnectionBound) {
  TestServer server([](ServerOptions& options) {
    options.limits.connections = 2;
    options.limits.accept_pause = 1h;  // so that only a closed connection can end the pause
  });
  Client idle(server.address());
  Client recent(server.address());
  EXPECT_EQ(idle.ask("GET", "/livez").status, 200);
  EXPECT_EQ(recent.ask("GET", "/livez").status, 200);
  Client next(server.address());
  EXPECT_EQ(next.ask("GET", "/version").status, 200);
  EXPECT_TRUE(idle.closed_by_server());
  EXPECT_EQ(recent.ask("GET", "/livez").status, 200);
  Client drip(server.address());  // in place of `next`, which has been idle longest by now
  drip.send("GET /livez HT");
  EXPECT_TRUE(next.closed_by_server());
  EXPECT_EQ(recent.ask("GET", "/livez").status, 200);
  Client last(server.address());
  EXPECT_EQ(last.ask("GET", "/livez").status, 200);
  EXPECT_TRUE(drip.closed_by_server());
}

// Nobody keeps others out with what needs no role: these take the answer to /version as slowly as they can.
TEST(Listener, AStrangerWhoDoesNotTakeTheAnswerGivesWay) {
  TestServer server([](ServerOptions& options) {
    options.access = {};  // nobody here has a role
    options.limits.connections = 1;
    options.limits.accept_pause = 1h;  // so that only a closed connection can end the pause
    options.limits.write_time = 1h;
  });
  Client slow(server.address(), 4096);
  std::string many;
  for (int i = 0; i < 1500; ++i) many += Client::request("GET", "/jails/www1");  // 70 KB, for 600 KB of answers
  slow.send(many);
  std::size_t answered = 0;
  ASSERT_TRUE(server.eventually([&] {  // until one look finds no more than the last: the server is held up by a write
    const std::size_t before = std::exchange(answered, server.service().counted.size());
    return answered > 0 && answered == before;
  }));
  EXPECT_LT(answered, 1500U);
  Client next(server.address());
  EXPECT_EQ(next.ask("GET", "/version").status, 200);
}

TEST(Listener, RefusesWithRetryAfterWhenAllConnectionsAreBusy) {
  TestServer server(
      [](ServerOptions& options) {
        options.limits.connections = 2;
        options.limits.accept_pause = 5ms;
      },
      Surface::full, Way::tcp);
  server.run([&] {
    for (const char* name : {"a", "b"}) {  // each may have half of the connections busy
      Token token;
      token.name = name;
      token.role = Role::operator_;
      server.service().tokens_by_secret[name] = token;
    }
    server.service().declare("www1");
    server.service().hold = true;
  });
  Client first(server.address());
  Client second(server.address());
  first.send(Client::request("POST", "/jails/www1/stop?wait=600", "", "Authorization: Bearer a\r\n"));
  second.send(Client::request("POST", "/jails/www1/stop?wait=600", "", "Authorization: Bearer b\r\n"));
  ASSERT_TRUE(server.eventually([&] { return server.service().held.size() == 2; }));
  Client third(server.address());
  const Reply refused = third.read_reply();
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.json()["type"], "urn:jaild:problem:overloaded");
  EXPECT_EQ(refused.fields.at("retry-after"), "1");
  EXPECT_EQ(refused.fields.at("connection"), "close");
  EXPECT_TRUE(third.closed_by_server());
  server.run([&] { server.service().answer_held(); });
  EXPECT_EQ(first.read_reply().status, 202);
  EXPECT_EQ(second.read_reply().status, 202);
  Client fourth(server.address());
  EXPECT_EQ(fourth.ask("GET", "/livez").status, 200);
}

TEST(Listener, PausesWhileDescriptorsAreShortAndSaysSoOnce) {
  TestServer server([](ServerOptions& options) { options.limits.accept_pause = 5ms; });
  // UBSan looks at an object of a new type through a pipe, for which there is no descriptor later.
  ASSERT_FALSE(std::system_category().message(EMFILE).empty());
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const int highest = dup(0);  // the lowest free number
  ASSERT_GE(highest, 0);
  close(highest);
  rlimit tight = before;
  tight.rlim_cur = static_cast<rlim_t>(highest) + 1;  // room for the client's own descriptor, none for the server's
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &tight), 0);
  Client client(server.address());
  const bool warned = server.eventually([&] { return !server.warnings_on_loop().empty(); });
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(warned);
  EXPECT_EQ(client.ask("GET", "/livez").status, 200);
  EXPECT_EQ(server.warnings().size(), 1U);
}

// What is left belongs to the rest of the daemon; newcomers are served all the same.
TEST(Listener, WhoAsksNothingGivesWayWhenOnlyTheReserveIsLeft) {
  TestServer server([](ServerOptions& options) { options.reserved_descriptors = 100; });
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit tight = before;
  tight.rlim_cur = 400;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &tight), 0);
  std::vector<std::unique_ptr<Client>> clients;  // two descriptors for each: this end, and the server's
  for (int i = 0; i < 200; ++i) {
    clients.push_back(std::make_unique<Client>(server.address()));
    ASSERT_EQ(clients.back()->ask("GET", "/livez").status, 200) << i;
  }
  EXPECT_TRUE(clients.front()->closed_by_server());
  EXPECT_LT(server.run([&] { return server.connections(); }), 150U);
  EXPECT_EQ(server.warnings().size(), 1U);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
}

TEST(Listener, ServesOnlyItsOwner) {
  TestServer server([](ServerOptions& options) { options.access.admin.users = {geteuid() + 1}; });
  Client client(server.address());
  const Reply refused = client.ask("GET", "/jails");
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.fields.at("content-type"), "application/problem+json");
  EXPECT_EQ(refused.json()["type"], "urn:jaild:problem:forbidden");
  EXPECT_NE(refused.body.find("uid " + std::to_string(geteuid())), std::string::npos);
  EXPECT_EQ(client.ask("POST", "/jails", R"({"name":"www1","spec":{"params":{"path":"/jail","persist":true}}})").status,
            403);
  EXPECT_EQ(server.run([&] { return server.service().requests.size(); }), 0U);
  EXPECT_EQ(client.ask("GET", "/livez").status, 200);  // needs no identity
  EXPECT_EQ(client.ask("GET", "/version").status, 200);
}

}  // namespace jaild::server
