#include <gtest/gtest.h>

#include <chrono>

#include "api/contract/version.h"
#include "api/server/openapi_document.h"
#include "api/contract/json.h"
#include "tests/unit/api/server/harness.h"

namespace jaild::server {

TEST(Observe, MetricsAreTextForPrometheus) {
  TestServer server;
  Client client(server.address());
  const Reply reply = client.ask("GET", "/metrics");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.fields.at("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(reply.body, "jaild_up 1\n");
}

// R8.4: RACCT off is ready, and said.
TEST(Observe, ReadinessListsItsChecks) {
  TestServer server;
  Client client(server.address());
  const Reply ready = client.ask("GET", "/readyz");
  EXPECT_EQ(ready.status, 200);
  EXPECT_EQ(ready.json()["status"], "ok");
  EXPECT_EQ(ready.json()["checks"], (nlohmann::json{{"store", "ok"}, {"racct", "off"}}));
  EXPECT_TRUE(parse_rfc3339(ready.json()["time"].get<std::string>())) << ready.body;
  server.run([&] { server.service().ready = {false, {{"store", "disk I/O error"}}}; });
  const Reply not_ready = client.ask("GET", "/readyz");
  EXPECT_EQ(not_ready.status, 503);
  EXPECT_EQ(not_ready.fields.at("content-type"), "application/json");
  EXPECT_EQ(not_ready.json()["checks"]["store"], "disk I/O error");
  EXPECT_EQ(client.ask("GET", "/livez").status, 200) << "alive all the same";
}

TEST(Observe, SaysWhatItIsAndRunsOn) {
  TestServer server;
  Client client(server.address());
  EXPECT_EQ(client.ask("GET", "/version").json()["version"], version_text);
  EXPECT_EQ(client.ask("GET", "/host").json()["host"], "sim");
  const Reply document = client.ask("GET", "/openapi.json");
  EXPECT_EQ(document.fields.at("content-type"), "application/json");
  EXPECT_EQ(document.body, openapi_document());
  EXPECT_EQ(document.body.back(), '\n');
}

TEST(Observe, TasksAreListedWithWhatHeldTheLoop) {
  TestServer server;
  Client client(server.address());
  server.run([&] {
    Tasks tasks;
    tasks.items.push_back({"www", "starting", "exec.start", "/bin/sh /etc/rc", "host", 12.5, 3.5});
    tasks.items.push_back({"db", "forgetting", "", "", "store", 1, 1});
    tasks.stall_limit_seconds = 0.05;
    tasks.stalls = 2;
    tasks.longest_hold = LoopHold{"done create", "www", 0.07, {}};
    tasks.last_stalls = {LoopHold{"GET /jails", "", 0.06, {}}};
    server.service().under_way = tasks;
  });
  const auto body = client.ask("GET", "/debug/tasks").json();
  EXPECT_EQ(body["items"][0], (nlohmann::json{{"jail", "www"},
                                              {"activity", "starting"},
                                              {"step", "exec.start"},
                                              {"command", "/bin/sh /etc/rc"},
                                              {"waits_for", "host"},
                                              {"seconds", 12.5},
                                              {"step_seconds", 3.5}}));
  EXPECT_FALSE(body["items"][1].contains("step"));
  EXPECT_EQ(body["loop"]["stalls"], 2);
  EXPECT_EQ(body["loop"]["longest_hold"]["jail"], "www");
  EXPECT_EQ(body["loop"]["last_stalls"][0]["what"], "GET /jails");
  EXPECT_FALSE(body["loop"]["last_stalls"][0].contains("jail"));
}

TEST(Observe, WhatARequestHeldTheLoopForIsTold) {
  TestServer server;
  Client client(server.address());
  server.run([&] { server.service().declare("www"); });
  EXPECT_EQ(client.ask("GET", "/jails/www").status, 200);
  EXPECT_EQ(client.ask("GET", "/nothing").status, 404);
  const auto holds = server.run([&] { return server.service().loop_holds; });
  ASSERT_EQ(holds.size(), 1U) << "of a known route";
  EXPECT_EQ(holds[0].call, "GET /jails/{name}");
  EXPECT_EQ(holds[0].jail, "www");
  EXPECT_GT(holds[0].longest.count(), 0);
}

// Waiting is not holding: another request is served meanwhile.
TEST(Observe, ARequestThatWaitsHoldsNothing) {
  TestServer server;
  Client client(server.address());
  server.run([&] { server.service().hold = true; });
  client.send(Client::request("GET", "/metrics"));
  ASSERT_TRUE(server.eventually([&] { return !server.service().held.empty(); }));
  const auto asked = std::chrono::steady_clock::now();
  ASSERT_TRUE(
      server.eventually([&] { return std::chrono::steady_clock::now() - asked > std::chrono::milliseconds{300}; }));
  server.run([&] { server.service().answer_held(); });
  EXPECT_EQ(client.read_reply().status, 200);
  const auto holds = server.run([&] { return server.service().loop_holds; });
  ASSERT_EQ(holds.size(), 1U);
  EXPECT_LT(holds[0].longest, std::chrono::milliseconds{300});
}

TEST(Observe, UnknownParametersAreRefusedEverywhere) {
  TestServer server;
  Client client(server.address());
  for (const char* path :
       {"/metrics", "/livez", "/readyz", "/version", "/host", "/openapi.json", "/debug/tasks", "/events", "/jails"}) {
    EXPECT_EQ(client.ask("GET", std::string(path) + "?bogus=1").status, 422) << path;
  }
}

TEST(Observe, AProbeListenerServesProbesToEverybodyButWebPages) {
  TestServer server({}, Surface::probes);
  Client client(server.address());
  EXPECT_EQ(client.ask("GET", "/metrics").status, 200);
  EXPECT_EQ(client.ask("GET", "/livez").status, 200);
  EXPECT_EQ(client.ask("GET", "/readyz").status, 200);
  EXPECT_EQ(client.ask("GET", "/jails").status, 404);
  EXPECT_EQ(client.ask("GET", "/debug/tasks").status, 404);
  EXPECT_EQ(client.ask("POST", "/jails", "{}").status, 404);
  EXPECT_EQ(client.ask("GET", "/metrics", "", "Origin: http://evil.example\r\n").status, 403);
  EXPECT_EQ(client.ask("GET", "/metrics", "", "Sec-Fetch-Site: cross-site\r\n").status, 403);
  EXPECT_EQ(client.ask("GET", "/metrics", "", "Sec-Fetch-Site: same-site\r\n").status, 403);
  EXPECT_EQ(client.ask("GET", "/metrics", "", "Sec-Fetch-Site: none\r\n").status, 200);
  EXPECT_EQ(client.ask("GET", "/metrics", "", "Sec-Fetch-Site: same-origin\r\n").status, 200);
}

}  // namespace jaild::server
