#include "api/server/bytes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <list>

#include "tests/unit/api/server/harness.h"

namespace jaild::server {

namespace {

constexpr std::size_t mib = 1024 * 1024;

// "viewer0", "viewer1", "admin0"... are secrets of as many tokens.
void give_tokens(TestServer& server) {
  server.run([&] {
    for (const auto& [role, name] : {std::pair{Role::viewer, "viewer"}, {Role::admin, "admin"}}) {
      for (int n = 0; n < 3; ++n) {
        const std::string secret = name + std::to_string(n);
        server.service().tokens_by_secret[secret] =
            Token{"0123456789a" + std::to_string(n), secret, role, {}, "", {}, {}};
      }
    }
  });
}

std::string as(const std::string& who) {
  return "Authorization: Bearer " + who + "\r\n";
}

void bounded(ServerOptions& options) {
  options.bytes = 16 * mib;
}

// 20 generations of a jail whose spec is 200 KB.
void declare_large(TestServer& server) {
  server.run([&] {
    server.service().declare("www1");
    JailSpec spec;
    spec.command = std::string(200'000, 'x');
    for (std::uint64_t n = 1; n <= 20; ++n) server.service().versions.push_back({n, {}, "uid 0", spec});
  });
}

}  // namespace

TEST(Bytes, OneAskerHasHalfAndAdminsKeepAQuarter) {
  ByteLedger ledger(100);
  Bytes one(ledger, "uid 1", Role::viewer);
  EXPECT_FALSE(one.hold(51));
  EXPECT_EQ(one.held(), 0U);
  EXPECT_TRUE(one.hold(50));
  Bytes again(ledger, "uid 1", Role::viewer);
  EXPECT_FALSE(again.hold(1)) << "the same asker";
  Bytes two(ledger, "uid 2", Role::operator_);
  EXPECT_FALSE(two.hold(26));
  EXPECT_TRUE(two.hold(25));
  Bytes admin(ledger, "uid 0", Role::admin);
  EXPECT_FALSE(admin.hold(26));
  EXPECT_TRUE(admin.hold(25));
  EXPECT_EQ(ledger.taken(), 100U);
  EXPECT_TRUE(one.hold(10)) << "less";
  EXPECT_TRUE(two.hold(5));
  EXPECT_TRUE(admin.hold(50));
  EXPECT_TRUE(two.hold(15));
  EXPECT_FALSE(two.hold(16)) << "of the last quarter";
}

TEST(Bytes, AreGivenBack) {
  ByteLedger ledger(100);
  {
    Bytes one(ledger, "uid 1", Role::viewer);
    Bytes two(ledger, "uid 1", Role::viewer);
    EXPECT_TRUE(one.hold(20));
    EXPECT_TRUE(two.hold(30));
    EXPECT_EQ(ledger.taken_by("uid 1"), 50U);
    EXPECT_FALSE(one.hold(21));
    EXPECT_EQ(one.held(), 20U);
    EXPECT_FALSE(one.hold(std::size_t{0} - 1));
  }
  EXPECT_EQ(ledger.taken(), 0U);
  EXPECT_EQ(ledger.taken_by("uid 1"), 0U);
}

TEST(Bytes, HalfSentBodiesAreRefusedBeyondThemAndOthersAreServed) {
  TestServer server(bounded, Surface::full, Way::tcp);
  give_tokens(server);
  const auto half_sent = [&](const std::string& who) {
    return "POST /plan HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + as(who) +
           "Content-Length: 1000000\r\n\r\n{\"jails\":[" + std::string(900'000, ' ');
  };
  std::list<Client> greedy;
  std::size_t refused = 0;
  for (int n = 0; n < 10; ++n) greedy.emplace_back(server.address()).send(half_sent("viewer0"));
  for (Client& client : greedy) {
    if (client.read_reply_now().status == 503) ++refused;
  }
  EXPECT_EQ(refused, 6U) << "four of 900 kB, twice, are in 8 MiB";
  Client other(server.address());
  EXPECT_EQ(other.ask("GET", "/jails", "", as("viewer1")).status, 200);
  Client admin(server.address());
  const std::string body = R"({"name":"www1","spec":{"params":{"path":"/jail/www1","persist":true}}})";
  EXPECT_EQ(admin.ask("POST", "/jails", body + std::string(1'000'000, ' '), as("admin0")).status, 201);
  greedy.clear();
  EXPECT_TRUE(server.eventually([&] { return server.connections() == 2; }));
  const std::string set = R"({"jails":[]})" + std::string(1'000'000, ' ');
  EXPECT_EQ(Client(server.address()).ask("POST", "/plan", set, as("viewer0")).status, 200);
}

TEST(Bytes, AnswersThatAreNotReadAreBounded) {
  TestServer server(bounded);
  declare_large(server);
  const std::string asked = Client::request("GET", "/jails/www1/history");
  std::list<Client> silent;
  for (int n = 0; n < 20; ++n) silent.emplace_back(server.address()).send(asked);
  const auto answered = [&](int code) {
    const auto& counted = server.service().counted;
    return std::count_if(counted.begin(), counted.end(), [code](const auto& each) { return each.code == code; });
  };
  ASSERT_TRUE(server.eventually([&] { return answered(200) + answered(503) == 20; }));
  EXPECT_GE(server.run([&] { return answered(200); }), 2);
  EXPECT_LE(server.run([&] { return answered(200); }), 4) << "1.2 MB of each in 8 MiB, with room to make another";
  Client client(server.address());
  const Reply refused = client.ask("GET", "/jails/www1/history");
  EXPECT_EQ(refused.status, 503);
  EXPECT_TRUE(refused.fields.contains("retry-after"));
  EXPECT_EQ(client.ask("GET", "/jails/www1").status, 200) << "what is small is always told";
  silent.clear();
  EXPECT_TRUE(server.eventually([&] { return server.connections() == 1; }));
  EXPECT_EQ(client.ask("GET", "/jails/www1/history").status, 200);
}

TEST(Bytes, AHistoryComesInPages) {
  TestServer server;
  declare_large(server);
  Client client(server.address());
  std::vector<int> generations;
  int pages = 0;
  for (nlohmann::json next = 0; !next.is_null(); ++pages) {
    const Reply page = client.ask("GET", "/jails/www1/history?after=" + next.dump());
    ASSERT_EQ(page.status, 200);
    EXPECT_LT(page.body.size(), 1'300'000U);
    for (const auto& item : page.json()["items"]) generations.push_back(item["generation"]);
    next = page.json().value("next", nlohmann::json());
  }
  ASSERT_EQ(generations.size(), 20U);
  EXPECT_EQ(generations.front(), 1);
  EXPECT_EQ(generations.back(), 20);
  EXPECT_EQ(pages, 4);
  const auto two = client.ask("GET", "/jails/www1/history?after=5&limit=2").json();
  EXPECT_EQ(two["items"].size(), 2U);
  EXPECT_EQ(two["items"][0]["generation"], 6);
  EXPECT_EQ(two["next"], 7);
  EXPECT_EQ(client.ask("GET", "/jails/www1/history?after=20").json(), nlohmann::json::parse(R"({"items":[]})"));
  EXPECT_EQ(client.ask("GET", "/jails/www1/history?limit=0").status, 422);
}

TEST(Bytes, AListOfLargeJailsComesInPages) {
  TestServer server;
  server.run([&] {
    for (int n = 10; n < 60; ++n) {
      const std::string name = "www" + std::to_string(n);
      server.service().declare(name);
      server.service().jails[name].spec.command = std::string(200'000, 'x');
    }
  });
  Client client(server.address());
  std::size_t jails = 0;
  int pages = 0;
  for (nlohmann::json next = ""; !next.is_null(); ++pages) {
    const Reply page = client.ask("GET", "/jails?after=" + next.get<std::string>());
    ASSERT_EQ(page.status, 200);
    EXPECT_LT(page.body.size(), 4'500'000U);
    jails += page.json()["items"].size();
    next = page.json().value("next", nlohmann::json());
  }
  EXPECT_EQ(jails, 50U);
  EXPECT_EQ(pages, 3);
}

TEST(Bytes, AListOfLargeEventsComesInPages) {
  TestServer server;
  server.run([&] {
    for (int n = 0; n < 100; ++n) server.service().publish(std::string(50'000, 'x'), EventType::jail_exec);
  });
  Client client(server.address());
  const Reply page = client.ask("GET", "/events?after=0", "", "Accept: application/json\r\n");
  EXPECT_EQ(page.status, 200);
  const auto items = page.json()["items"];
  EXPECT_GE(items.size(), 21U);
  EXPECT_LE(items.size(), 52U) << "1 MiB and what is read at a time";
  EXPECT_EQ(page.json()["next"], items.size());
  const std::string rest = "/events?after=90&limit=";
  EXPECT_FALSE(client.ask("GET", rest + "5", "", "Accept: application/json\r\n").json().contains("next"));
  EXPECT_FALSE(client.ask("GET", rest + "50", "", "Accept: application/json\r\n").json().contains("next"));
}

// An event of a jail with long arguments, for a reader that takes nothing.
TEST(Bytes, EventsThatWaitForAReaderAreCounted) {
  TestServer server(bounded);
  Client slow(server.address(), 4096);
  slow.send(Client::request("GET", "/events"));
  ASSERT_TRUE(server.eventually([&] { return server.service().subscribers() == 1; }));
  for (int n = 0; n < 300; ++n) {
    server.run([&] { server.service().publish("www1", EventType::jail_exec, std::string(50'000, 'x')); });
  }
  EXPECT_TRUE(server.eventually([&] { return server.service().subscribers() == 0; })) << "15 MB of them";
}

}  // namespace jaild::server
