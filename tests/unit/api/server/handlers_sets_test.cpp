#include <unistd.h>

#include <set>

#include <gtest/gtest.h>

#include "tests/unit/api/server/harness.h"

namespace jaild::server {

using nlohmann::json;

class Sets : public testing::Test {
 protected:
  static json jail(const std::string& name) {
    return {{"name", name}, {"spec", {{"params", {{"path", "/jail/" + name}, {"persist", true}}}}}};
  }
  ChangeRequest last_set() {
    return server.run([this] { return server.service().requests.back(); });
  }
  std::size_t sets() {
    return server.run([this] { return server.service().requests.size(); });
  }

  TestServer server;
  Client client{server.address()};
};

TEST_F(Sets, PlanIsADryRunOfApply) {
  const json body{{"jails", {jail("web"), jail("db")}}};
  const Reply plan = client.ask("POST", "/plan", body.dump());
  EXPECT_EQ(plan.status, 200) << plan.body;
  EXPECT_EQ(plan.json()["items"].size(), 2U);
  EXPECT_TRUE(last_set().dry_run);
  const Reply apply = client.ask("POST", "/apply?wait=5", body.dump());
  EXPECT_EQ(apply.status, 202) << apply.body;
  EXPECT_EQ(apply.json()["items"][1]["name"], "db");
  EXPECT_EQ(apply.json()["changes"][0]["action"], "create");
  EXPECT_FALSE(last_set().dry_run);
  EXPECT_EQ(last_set().changes.size(), 2U);
}

TEST_F(Sets, ASetThatHoldsAlreadyIs200) {
  server.run([this] { server.service().settle = true; });
  EXPECT_EQ(client.ask("POST", "/apply", json{{"jails", {jail("web")}}}.dump()).status, 200);
}

TEST_F(Sets, PruneNamesLabels) {
  const json body{{"jails", {jail("web")}}, {"prune", {{"stack", "shop"}}}, {"restart", false}};
  EXPECT_EQ(client.ask("POST", "/apply", body.dump()).status, 202);
  EXPECT_EQ(last_set().prune, (std::map<std::string, std::string>{{"stack", "shop"}}));
  EXPECT_FALSE(last_set().restart);
}

// P10
TEST_F(Sets, AllMistakesOfAllJailsAreReportedAtOnceAndNothingIsAsked) {
  json broken = jail("db");
  broken["spec"]["priority"] = 1000;
  const json body{{"jails", {jail("web"), broken, jail("web"), 7}}, {"prune", json::object()}, {"color", 1}};
  const Reply reply = client.ask("POST", "/apply", body.dump());
  EXPECT_EQ(reply.status, 422);
  std::set<std::string> pointers;
  const json answer = reply.json();
  for (const auto& error : answer["errors"]) pointers.insert(error["pointer"]);
  for (const char* pointer : {"/jails/1/spec/priority", "/jails/2/name", "/jails/3", "/prune", "/color"}) {
    EXPECT_TRUE(pointers.contains(pointer)) << pointer << " in " << reply.body;
  }
  EXPECT_EQ(sets(), 0U);
}

// P10: what the host and the other jails say is told with the rest, but not of a spec that could not be read.
TEST_F(Sets, ARefusedSetIsToldWhatTheDaemonHasAgainstItToo) {
  server.run([this] { server.service().objected = {{"/spec/params/depend/0", "no jail is called db"}}; });
  json broken = jail("a");
  broken["spec"]["priority"] = 1000;
  const json body{{"jails", {broken, {{"name", "b"}, {"spec", 7}}}}};
  const Reply reply = client.ask("POST", "/plan", body.dump());
  EXPECT_EQ(reply.status, 422);
  std::set<std::string> pointers;
  const json answer = reply.json();
  for (const auto& error : answer["errors"]) pointers.insert(error["pointer"]);
  EXPECT_EQ(pointers,
            (std::set<std::string>{"/jails/0/spec/priority", "/jails/0/spec/params/depend/0", "/jails/1/spec"}));
}

TEST_F(Sets, TheRequesterIsKnownToTheCore) {
  client.ask("POST", "/apply", json{{"jails", {jail("web")}}}.dump());
  EXPECT_EQ(last_set().who.by, "uid " + std::to_string(geteuid()));
}

TEST_F(Sets, WhatIsNoSetIsRefused) {
  EXPECT_EQ(client.ask("POST", "/plan", "[]").status, 422);
  EXPECT_EQ(client.ask("POST", "/plan", "{}").status, 422);
  EXPECT_EQ(client.ask("POST", "/plan", R"({"jails":{}})").status, 422);
  EXPECT_EQ(client.ask("POST", "/plan?wait=5", R"({"jails":[]})").status, 422);
  EXPECT_EQ(client.ask("POST", "/apply", R"({"jails":[]})", "Content-Type: text/plain\r\n").status, 415);
  EXPECT_EQ(client.ask("GET", "/plan").status, 405);
  EXPECT_EQ(client.ask("POST", "/plan", "{").status, 400);  // and nothing behind it is read
  EXPECT_EQ(sets(), 0U);
}

}  // namespace jaild::server
