#include <gtest/gtest.h>

#include "tests/unit/api/server/harness.h"

namespace jaild::server {

namespace {

constexpr const char* as_json = "Accept: application/json\r\n";

}  // namespace

TEST(EventList, HasTheStoredEventsAfterANumber) {
  TestServer server;
  server.run([&] {
    server.service().publish("www1", EventType::jail_declared);
    server.service().publish("db1", EventType::jail_declared);
    server.service().publish("www1", EventType::jail_started);
  });
  Client client(server.address());
  const auto ids = [&](const std::string& query, const std::string& fields = as_json) {
    std::vector<int> found;
    const auto body = client.ask("GET", "/events" + query, "", fields).json();
    for (const auto& item : body["items"]) found.push_back(item["id"]);
    return found;
  };
  using Ids = std::vector<int>;
  EXPECT_EQ(ids(""), (Ids{1, 2, 3}));
  EXPECT_EQ(ids("?after=1"), (Ids{2, 3}));
  EXPECT_EQ(ids("?jail=www1"), (Ids{1, 3}));
  EXPECT_EQ(ids("?type=jail.declared"), (Ids{1, 2}));
  EXPECT_EQ(ids("?limit=2"), (Ids{1, 2}));
  EXPECT_EQ(ids("?after=9"), Ids{});
  EXPECT_EQ(ids("?after=0", std::string(as_json) + "Last-Event-ID: 2\r\n"), Ids{3});
}

TEST(EventList, RefusesParametersThatMeanNothing) {
  TestServer server;
  Client client(server.address());
  EXPECT_EQ(client.ask("GET", "/events?after=x").status, 422);
  EXPECT_EQ(client.ask("GET", "/events?limit=5").status, 422) << "a stream has no end";
  EXPECT_EQ(client.ask("GET", "/events?limit=1001", "", as_json).status, 422);
  EXPECT_EQ(client.ask("GET", "/events", "", "Last-Event-ID: abc\r\n").status, 400);
}

}  // namespace jaild::server
