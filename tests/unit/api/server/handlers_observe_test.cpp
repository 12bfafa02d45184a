#include <gtest/gtest.h>

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

TEST(Observe, UnknownParametersAreRefusedEverywhere) {
  TestServer server;
  Client client(server.address());
  for (const char* path :
       {"/metrics", "/livez", "/readyz", "/version", "/host", "/openapi.json", "/events", "/jails"}) {
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
  EXPECT_EQ(client.ask("POST", "/jails", "{}").status, 404);
  EXPECT_EQ(client.ask("GET", "/metrics", "", "Origin: http://evil.example\r\n").status, 403);
  EXPECT_EQ(client.ask("GET", "/metrics", "", "Sec-Fetch-Site: cross-site\r\n").status, 403);
  EXPECT_EQ(client.ask("GET", "/metrics", "", "Sec-Fetch-Site: same-site\r\n").status, 403);
  EXPECT_EQ(client.ask("GET", "/metrics", "", "Sec-Fetch-Site: none\r\n").status, 200);
  EXPECT_EQ(client.ask("GET", "/metrics", "", "Sec-Fetch-Site: same-origin\r\n").status, 200);
}

}  // namespace jaild::server
