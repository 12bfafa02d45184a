#include "api/server/session.h"

#include <gtest/gtest.h>

#include "tests/unit/api/server/harness.h"

namespace jaild::server {

using namespace std::chrono_literals;

TEST(Session, AnswersOneRequestAfterAnotherOnOneConnection) {
  TestServer server;
  Client client(server.address());
  for (int i = 0; i < 100; ++i) {
    const Reply reply = client.ask("GET", "/livez");
    ASSERT_EQ(reply.status, 200);
    ASSERT_EQ(reply.body, "{\"status\":\"ok\"}\n");
    ASSERT_FALSE(reply.fields.contains("connection"));
  }
}

TEST(Session, ClosesWhenTheClientAsksForIt) {
  TestServer server;
  Client client(server.address());
  const Reply reply = client.ask("GET", "/livez", "", "Connection: close\r\n");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.fields.at("connection"), "close");
  EXPECT_TRUE(client.closed_by_server());
}

TEST(Session, Http10ClosesUnlessAskedToStay) {
  TestServer server;
  Client client(server.address());
  client.send("GET /livez HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(client.read_reply().fields.at("connection"), "keep-alive");
  client.send("GET /livez HTTP/1.0\r\n\r\n");
  EXPECT_EQ(client.read_reply().fields.at("connection"), "close");
  EXPECT_TRUE(client.closed_by_server());
}

TEST(Session, PipelinedRequestsAreAnsweredInTheirOrder) {
  TestServer server;
  server.run([&] { server.service().declare("www1"); });
  Client client(server.address());
  client.send(Client::request("GET", "/jails/www1") + Client::request("POST", "/jails", "[]") +
              Client::request("POST", "/jails/www1/stop") + Client::request("GET", "/nowhere") +
              Client::request("HEAD", "/livez") + Client::request("GET", "/version"));
  EXPECT_EQ(client.read_reply().json()["name"], "www1");
  EXPECT_EQ(client.read_reply().status, 422);
  EXPECT_EQ(client.read_reply().status, 202);
  EXPECT_EQ(client.read_reply().status, 404);
  EXPECT_EQ(client.read_reply(true).status, 200);
  EXPECT_TRUE(client.read_reply().json().contains("version"));
}

TEST(Session, WhatComesDuringAWaitIsTheNextRequest) {
  TestServer server;
  server.run([&] {
    server.service().declare("www1");
    server.service().hold = true;
  });
  Client client(server.address());
  client.send(Client::request("POST", "/jails/www1/stop?wait=600"));
  ASSERT_TRUE(server.eventually([&] { return server.service().held.size() == 1; }));
  const std::string next = Client::request("GET", "/version");
  client.send(next.substr(0, 10));
  server.run([&] { server.service().answer_held(); });
  EXPECT_EQ(client.read_reply().status, 202);
  client.send(next.substr(10));
  EXPECT_EQ(client.read_reply().status, 200);
}

TEST(Session, ASlowAnswerHoldsUpNobodyElse) {
  TestServer server;
  server.run([&] {
    server.service().declare("www1");
    server.service().hold = true;
  });
  Client slow(server.address());
  slow.send(Client::request("POST", "/jails/www1/start?wait=600"));
  ASSERT_TRUE(server.eventually([&] { return server.service().held.size() == 1; }));
  Client quick(server.address());
  EXPECT_EQ(quick.ask("GET", "/jails/www1").status, 200);
  server.run([&] { server.service().answer_held(); });
  EXPECT_EQ(slow.read_reply().status, 202);
}

TEST(Session, AClientThatGoesDuringAWaitFreesItsConnection) {
  TestServer server([](ServerOptions& options) {
    options.limits.connections = 1;
    options.limits.accept_pause = 1h;  // only the end of the first connection lets the second in
  });
  server.run([&] {
    server.service().declare("www1");
    server.service().hold = true;
  });
  {
    Client client(server.address());
    client.send(Client::request("POST", "/jails/www1/start?wait=600"));
    ASSERT_TRUE(server.eventually([&] { return server.service().held.size() == 1; }));
  }
  Client next(server.address());
  EXPECT_EQ(next.ask("GET", "/livez").status, 200);
  server.run([&] { server.service().answer_held(); });  // nobody is there to hear it
  EXPECT_EQ(next.ask("GET", "/livez").status, 200);
}

TEST(Session, AHalfClosedClientStillGetsAQuickAnswer) {
  TestServer server;
  server.run([&] {
    server.service().declare("www1");
    server.service().hold = true;
  });
  Client client(server.address());
  client.send(Client::request("POST", "/jails/www1/start"));
  client.half_close();
  ASSERT_TRUE(server.eventually([&] { return server.service().held.size() == 1; }));
  server.run([&] { server.service().answer_held(); });
  EXPECT_EQ(client.read_reply().status, 202);
}

TEST(Session, ADaemonThatNeverAnswersIsATimeout) {
  TestServer server([](ServerOptions& options) { options.limits.answer_time = 20ms; });
  server.run([&] { server.service().hold = true; });
  Client client(server.address());
  const Reply reply = client.ask("GET", "/metrics");
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.json()["type"], "urn:jaild:problem:timeout");
  EXPECT_EQ(reply.fields.at("retry-after"), "1");
  server.run([&] { server.service().answer_held(); });  // too late, and no harm
  EXPECT_EQ(client.ask("GET", "/livez").status, 200);
}

TEST(Session, HeadIsGetWithoutTheBody) {
  TestServer server;
  server.run([&] { server.service().declare("www1"); });
  Client client(server.address());
  for (const char* path : {"/jails", "/jails/www1", "/jails/www1/usage", "/jails/www1/processes", "/jails/www1/history",
                           "/metrics", "/livez", "/readyz", "/version", "/host", "/openapi.json"}) {
    const Reply got = client.ask("GET", path);
    const Reply head = client.ask("HEAD", path);
    EXPECT_EQ(head.status, 200) << path;
    EXPECT_EQ(head.fields.at("content-length"), std::to_string(got.body.size())) << path;
    EXPECT_EQ(head.fields.at("content-type"), got.fields.at("content-type")) << path;
  }
  EXPECT_EQ(client.ask("HEAD", "/jails/nobody").status, 404);
  EXPECT_EQ(client.ask("HEAD", "/events").status, 200);
  EXPECT_EQ(client.ask("GET", "/livez").status, 200);
}

TEST(Session, AClientThatNeverReadsIsCutOff) {
  TestServer server([](ServerOptions& options) { options.limits.write_time = 50ms; });
  server.run([&] { server.service().metrics_text = std::string(8 << 20, 'x'); });
  Client client(server.address(), 4096);
  client.send(Client::request("GET", "/metrics"));
  EXPECT_TRUE(server.eventually([&] { return server.service().counted.size() == 1; }));
  EXPECT_TRUE(server.eventually([&] { return server.connections() == 0; }));
}

TEST(Session, PipelinedRequestsThatNobodyReadsTheAnswersOfDoNotPileUp) {
  TestServer server([](ServerOptions& options) { options.limits.write_time = 50ms; });
  server.run([&] { server.service().metrics_text = std::string(1 << 20, 'x'); });
  Client client(server.address(), 4096);
  std::string many;
  for (int i = 0; i < 200; ++i) many += Client::request("GET", "/metrics");
  client.send(many);
  EXPECT_TRUE(server.eventually([&] { return server.connections() == 0; }));
  // One answer at a time: what was not written was not made either.
  EXPECT_LT(server.run([&] { return server.service().counted.size(); }), 10U);
}

TEST(Session, SaysWhichMethodsAPathHas) {
  TestServer server;
  Client client(server.address());
  const Reply wrong = client.ask("BREW", "/jails/www1");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.json()["type"], "urn:jaild:problem:method-not-allowed");
  EXPECT_EQ(wrong.fields.at("allow"), "DELETE, GET, HEAD, OPTIONS, PATCH, PUT");
  const Reply options = client.ask("OPTIONS", "/jails");
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(options.fields.at("allow"), "GET, HEAD, OPTIONS, POST");
  EXPECT_EQ(client.ask("OPTIONS", "*").status, 204);
  EXPECT_EQ(client.ask("GET", "/livez").status, 200);
}

TEST(Session, TheBodyOfARefusedRequestIsNotTheNextRequest) {
  TestServer server;
  Client client(server.address());
  EXPECT_EQ(client.ask("POST", "/nowhere", Client::request("GET", "/livez")).status, 404);
  EXPECT_EQ(client.ask("POST", "/jails", "x=1", "Content-Type: application/x-www-form-urlencoded\r\n").status, 415);
  EXPECT_EQ(client.ask("GET", "/version").json().size(), 1U);
}

TEST(Session, RefusesABrokenPath) {
  TestServer server;
  for (const char* path : {"/jails/%zz", "/jails/../host", "/jails/%2e%2e/host", "/jails//start", "/jails/a%00b",
                           "/jails/a%2Fstart", "/jails/%C3%28", "/jails/"}) {
    Client client(server.address());
    const Reply reply = client.ask("GET", path);
    EXPECT_EQ(reply.status, 400) << path;
    EXPECT_EQ(reply.json()["type"], "urn:jaild:problem:bad-request") << path;
    EXPECT_TRUE(client.closed_by_server()) << path;
  }
  Client client(server.address());
  EXPECT_EQ(client.ask("PUT", "/jails/a%20b", "{}").status, 422);
  EXPECT_EQ(client.ask("GET", "/jails/%22%5C%C3%A9").status, 404);  // quotes in the problem (R11.1)
}

TEST(Session, WhatFollowsARequestThatCannotBeReadIsNotRead) {
  TestServer server;
  const std::string smuggled =
      Client::request("POST", "/jails", R"({"name":"www1","spec":{"params":{"path":"/jail/www1","persist":true}}})");
  for (const std::string& first :
       {Client::request("GET", "/jails//x"), Client::request("POST", "/jails", "{\"name\":")}) {
    Client client(server.address());
    client.send(first + smuggled);
    const Reply reply = client.read_reply();
    EXPECT_EQ(reply.status, 400);
    EXPECT_EQ(reply.fields.at("connection"), "close");
    EXPECT_TRUE(client.closed_by_server());
  }
  EXPECT_EQ(server.run([&] { return server.service().requests.size(); }), 0U);
}

TEST(Session, CountsEachAnswerUnderItsTemplate) {
  TestServer server;
  server.run([&] { server.service().declare("www1"); });
  Client client(server.address());
  client.ask("GET", "/jails/www1");
  client.ask("GET", "/jails/nobody");
  client.ask("BREW", "/jails/www1");
  client.send("nonsense\r\n\r\n");
  client.read_reply();
  const auto counted = server.run([&] { return server.service().counted; });
  using Counted = FakeService::Counted;
  EXPECT_EQ(counted, (std::vector<Counted>{{"GET", "/jails/{name}", 200},
                                           {"GET", "/jails/{name}", 404},
                                           {"other", "other", 405},
                                           {"other", "other", 400}}));
}

}  // namespace jaild::server
