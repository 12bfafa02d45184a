// POST /jails/{name}/exec.
#include <gtest/gtest.h>

#include "tests/unit/api/server/web_socket.h"

namespace jaild::server {

using namespace std::chrono_literals;

TEST(ExecOnce, AnswersWithCodeAndOutput) {
  TestServer server;
  run_www1(server);
  Client client(server.address());
  const char* json = "Content-Type: application/json\r\n";
  const Reply echo = client.ask("POST", "/jails/www1/exec", R"({"command":["echo","hi"],"user":"www"})", json);
  EXPECT_EQ(echo.status, 200);
  EXPECT_EQ(echo.json(), nlohmann::json::parse(R"({"code":0,"stdout":"hi\n","stderr":"","truncated":false})"));
  EXPECT_EQ(client.ask("POST", "/jails/www1/exec", R"({"command":["exit","3"]})", json).json()["code"], 3);
  const Reply cat = client.ask("POST", "/jails/www1/exec", R"({"command":["cat"],"stdin":"input"})", json);
  EXPECT_EQ(cat.json()["stdout"], "input");
  EXPECT_EQ(server.run([&] { return server.service().execs[0].user; }), "www");
  EXPECT_EQ(processes(server), 0U);
}

TEST(ExecOnce, KeepsABoundedPartOfTheOutput) {
  TestServer server([](ServerOptions& options) { options.limits.exec_output_bytes = 2; });
  run_www1(server);
  Client client(server.address());
  const Reply reply =
      client.ask("POST", "/jails/www1/exec", R"({"command":["echo","hello"]})", "Content-Type: application/json\r\n");
  EXPECT_EQ(reply.json()["stdout"], "he");
  EXPECT_EQ(reply.json()["truncated"], true);
}

TEST(ExecOnce, AClientThatGoesAwayHangsUp) {
  TestServer server;
  run_www1(server);
  Client client(server.address());
  client.send(
      Client::request("POST", "/jails/www1/exec", R"({"command":["hang"]})", "Content-Type: application/json\r\n"));
  ASSERT_TRUE(server.eventually([&] { return server.service().exec_processes == 1; }));
  client.close();
  EXPECT_TRUE(hung_up(server));
}

TEST(ExecOnce, RefusesWhatMeansNothing) {
  TestServer server;
  run_www1(server);
  Client client(server.address());
  const char* json = "Content-Type: application/json\r\n";
  EXPECT_EQ(client.ask("POST", "/jails/nobody/exec", R"({"command":["true"]})", json).status, 404);
  EXPECT_EQ(client.ask("POST", "/jails/stopped/exec", R"({"command":["true"]})", json).status, 409);
  EXPECT_EQ(client.ask("POST", "/jails/www1/exec", R"({"command":"true"})", json).status, 422);
  EXPECT_EQ(client.ask("POST", "/jails/www1/exec?x=1", R"({"command":["true"]})", json).status, 422);
  EXPECT_EQ(client.ask("POST", "/jails/www1/exec", R"({"command":["true"]})", "Content-Type: text/plain\r\n").status,
            415);
  EXPECT_EQ(client.ask("POST", "/jails/www1/exec", "{", json).status, 400);
}

// P8: what nobody may any more is ended, though its command would go on.
TEST(ExecOnce, EndsWithItsToken) {
  TestServer server([](ServerOptions& options) { options.limits.exec_look = 10ms; }, Surface::full, Way::tcp);
  run_www1(server);
  give_token(server, Role::admin);
  Client client(server.address());
  client.send(Client::request("POST", "/jails/www1/exec", R"({"command":["hang"]})",
                              bearer + "Content-Type: application/json\r\n"));
  ASSERT_TRUE(server.eventually([&] { return server.service().exec_processes == 1; }));
  server.run([&] { server.service().tokens_by_secret.clear(); });
  EXPECT_TRUE(hung_up(server));
  EXPECT_TRUE(client.closed_by_server());
}

TEST(ExecOnce, TheTokenOfOneRequestIsNotThatOfTheNext) {
  TestServer server({}, Surface::full, Way::tcp);
  run_www1(server);
  give_token(server, Role::admin);
  Client client(server.address());
  const std::string json = bearer + "Content-Type: application/json\r\n";
  EXPECT_EQ(client.ask("POST", "/jails/www1/exec", R"({"command":["echo"]})", json).status, 200);
  server.run([&] { server.service().tokens_by_secret.clear(); });
  EXPECT_EQ(client.ask("GET", "/jails", "", bearer).status, 401) << "and it is told";
}

TEST(ExecOnce, WhoAsksIsPassedOn) {
  TestServer server({}, Surface::full, Way::tcp);
  run_www1(server);
  give_token(server, Role::admin);
  Client client(server.address());
  client.ask("POST", "/jails/www1/exec", R"({"command":["echo"]})", bearer + "Content-Type: application/json\r\n");
  WebSocket socket(server, 0, bearer);
  socket.text(R"({"command":["echo"]})");
  socket.report();
  const auto askers = server.run([&] { return server.service().exec_askers; });
  ASSERT_EQ(askers.size(), 2U);
  for (const Requester& each : askers) {
    EXPECT_EQ(each.by, "token ci (0123456789ab)");
    EXPECT_TRUE(each.from.starts_with("127.0.0.1:")) << each.from;
  }
}

}  // namespace jaild::server
