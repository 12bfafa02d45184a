#include <gtest/gtest.h>

#include "tests/unit/api/server/harness.h"

namespace jaild::server {

class JailsRead : public testing::Test {
 protected:
  JailsRead() {
    server.run([this] {
      server.service().declare("www1");
      server.service().declare("db1", JailState::stopped);
      server.service().jails["www1"].spec.labels["tier"] = "web=1";
    });
  }
  std::vector<std::string> names(const std::string& target) {
    std::vector<std::string> found;
    const Reply reply = client.ask("GET", target);
    EXPECT_EQ(reply.status, 200) << reply.body;
    const auto body = reply.json();
    for (const auto& item : body["items"]) found.push_back(item["name"]);
    return found;
  }

  TestServer server;
  Client client{server.address()};
};

using Names = std::vector<std::string>;

TEST_F(JailsRead, ListsWithTheLastEventThatTheListReflects) {
  server.run([this] { server.service().publish("www1", EventType::jail_started); });
  const Reply reply = client.ask("GET", "/jails");
  EXPECT_EQ(reply.fields.at("content-type"), "application/json");
  EXPECT_EQ(reply.body.back(), '\n');
  EXPECT_EQ(reply.json()["event"], 1);
  EXPECT_EQ(names("/jails"), (Names{"db1", "www1"}));
}

TEST_F(JailsRead, ListsByLabelStateAndPage) {
  EXPECT_EQ(names("/jails?label=tier=web%3D1"), Names{"www1"});
  EXPECT_EQ(names("/jails?label=tier=web=1"), Names{"www1"});
  EXPECT_EQ(names("/jails?label=tier=db"), Names{});
  EXPECT_EQ(names("/jails?state=stopped"), Names{"db1"});
  EXPECT_EQ(names("/jails?limit=1"), Names{"db1"});
  EXPECT_EQ(names("/jails?limit=1&after=db1"), Names{"www1"});
}

TEST_F(JailsRead, NamesEveryParameterThatIsWrong) {
  const Reply reply = client.ask("GET", "/jails?label=tier&state=asleep&limit=1001&sort=name");
  EXPECT_EQ(reply.status, 422);
  const auto errors = reply.json()["errors"];
  ASSERT_EQ(errors.size(), 4U) << reply.body;
  for (const auto& error : errors) EXPECT_EQ(error["pointer"], "");
  EXPECT_NE(reply.body.find("sort"), std::string::npos);
  EXPECT_EQ(client.ask("GET", "/jails?limit=0").status, 422);
  EXPECT_EQ(client.ask("GET", "/jails/www1?x=1").status, 422);
}

TEST_F(JailsRead, ListsAThousandJails) {
  server.run([this] {
    for (int i = 0; i < 1500; ++i) server.service().declare("jail" + std::to_string(10'000 + i));
  });
  const Reply reply = client.ask("GET", "/jails");
  ASSERT_EQ(reply.status, 200);
  const auto items = reply.json()["items"];
  ASSERT_EQ(items.size(), 1000U);
  EXPECT_EQ(items[0]["name"], "db1");
  EXPECT_EQ(items[999]["name"], "jail10998");
}

TEST_F(JailsRead, ShowsAJailWithItsGenerationAsTag) {
  server.run([this] { server.service().jails["www1"].generation = 7; });
  const Reply reply = client.ask("GET", "/jails/www1");
  EXPECT_EQ(reply.fields.at("etag"), "\"7\"");
  EXPECT_EQ(reply.json()["generation"], 7);
  EXPECT_EQ(reply.json()["spec"]["params"]["path"], "/jail/www1");
  EXPECT_EQ(client.ask("GET", "/jails/www1", "", "If-None-Match: \"7\"\r\n").status, 200);  // no 304
  EXPECT_EQ(client.ask("GET", "/jails/nobody").status, 404);
}

TEST_F(JailsRead, AForeignJailHasNoTag) {
  server.run([this] {
    JailObject& object = server.service().jails["some jail"];
    object.name = "some jail";
    object.status.state = JailState::foreign;
  });
  const Reply reply = client.ask("GET", "/jails/some%20jail");
  EXPECT_EQ(reply.status, 200);
  EXPECT_FALSE(reply.fields.contains("etag"));
}

TEST_F(JailsRead, UsageNeedsARunningJail) {
  const Reply reply = client.ask("GET", "/jails/www1/usage");
  EXPECT_EQ(reply.json()["resources"]["memoryuse"], 4096);
  EXPECT_EQ(reply.json()["limits"].size(), 1U);
  const Reply stopped = client.ask("GET", "/jails/db1/usage");
  EXPECT_EQ(stopped.status, 409);
  EXPECT_EQ(stopped.json()["type"], "urn:jaild:problem:not-running");
  EXPECT_EQ(client.ask("GET", "/jails/nobody/usage").status, 404);
}

TEST_F(JailsRead, AStoppedJailHasNoProcesses) {
  EXPECT_EQ(client.ask("GET", "/jails/www1/processes").json()["items"][0]["pid"], 42);
  const Reply stopped = client.ask("GET", "/jails/db1/processes");
  EXPECT_EQ(stopped.status, 200);
  EXPECT_EQ(stopped.body, "{\"items\":[]}\n");
  EXPECT_EQ(client.ask("GET", "/jails/nobody/processes").status, 404);
}

TEST_F(JailsRead, HistoryTellsWhoWroteWhat) {
  const auto items = client.ask("GET", "/jails/www1/history").json()["items"];
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items[0]["by"], "uid 0");
  EXPECT_EQ(client.ask("GET", "/jails/nobody/history").status, 404);
}

// R11.2: reading changes nothing.
TEST_F(JailsRead, NoReadWrites) {
  for (const char* path : {"/jails", "/jails/www1", "/jails/www1/usage", "/metrics", "/host"}) client.ask("GET", path);
  EXPECT_EQ(server.run([this] { return server.service().requests.size(); }), 0U);
}

}  // namespace jaild::server
