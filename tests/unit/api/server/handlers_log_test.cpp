#include <gtest/gtest.h>

#include "tests/unit/api/server/harness.h"

namespace jaild::server {

using namespace std::chrono_literals;

namespace {

LogLine line(const std::string& text, LogStream stream = LogStream::out) {
  return {"2026-01-31T12:00:00.000Z", 7, "command", stream, text};
}

void print(TestServer& server, const std::string& jail, const std::vector<std::string>& texts) {
  server.run([&] {
    for (const auto& text : texts) server.service().logs[jail].push_back(line(text));
  });
}

// The data of chunks as they are read; "" at the end.
std::string next_chunk(Client& client) {
  const std::string size = client.read_until("\r\n");
  const auto bytes = std::strtoul(size.c_str(), nullptr, 16);
  std::string data;
  while (data.size() < bytes + 2) {
    const std::string more = client.read_until("\n");
    if (more.empty()) break;
    data += more;
  }
  return data.substr(0, bytes);
}

}  // namespace

TEST(JailLog, IsTextThatEnds) {
  TestServer server;
  server.run([&] { server.service().declare("www1"); });
  print(server, "www1", {"one", "two", "three"});
  Client client(server.address());
  client.send(Client::request("GET", "/jails/www1/log"));
  const Reply head = client.read_reply(true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.fields.at("content-type"), "text/plain; charset=utf-8");
  EXPECT_EQ(head.fields.at("transfer-encoding"), "chunked");
  EXPECT_EQ(next_chunk(client),
            "2026-01-31T12:00:00.000Z 7 command out one\n2026-01-31T12:00:00.000Z 7 command out two\n");
  EXPECT_EQ(next_chunk(client), "2026-01-31T12:00:00.000Z 7 command out three\n");
  EXPECT_EQ(next_chunk(client), "");
  EXPECT_TRUE(client.closed_by_server());
}

TEST(JailLog, HasNoChunksInHttp10) {
  TestServer server;
  server.run([&] { server.service().declare("www1"); });
  print(server, "www1", {"one"});
  Client client(server.address());
  client.send("GET /jails/www1/log HTTP/1.0\r\n\r\n");
  const std::string all = client.read_until("one\n");
  EXPECT_EQ(all.find("chunked"), std::string::npos);
  EXPECT_TRUE(all.ends_with("\r\n\r\n2026-01-31T12:00:00.000Z 7 command out one\n")) << all;
  EXPECT_TRUE(client.closed_by_server());
}

TEST(JailLog, IsJsonLinesWhenAskedFor) {
  TestServer server;
  server.run([&] {
    server.service().declare("www1");
    server.service().logs["www1"].push_back(line("a \"quote\"", LogStream::err));
  });
  Client client(server.address());
  client.send(Client::request("GET", "/jails/www1/log", "", "Accept: application/x-ndjson\r\n"));
  EXPECT_EQ(client.read_reply(true).fields.at("content-type"), "application/x-ndjson");
  const auto object = nlohmann::json::parse(next_chunk(client));
  EXPECT_EQ(object["text"], "a \"quote\"");
  EXPECT_EQ(object["stream"], "err");
  EXPECT_EQ(object["start"], 7);
}

TEST(JailLog, OneThatCannotBeReadIsAProblemAndNoHalfAnswer) {
  TestServer server;
  server.run([&] {
    server.service().declare("www1");
    server.service().log_fails = Error{Kind::host_refused, "www1.log is no file any more", 0, {}};
  });
  Client client(server.address());
  const Reply reply = client.ask("GET", "/jails/www1/log");
  EXPECT_EQ(reply.status, 409);
  EXPECT_EQ(nlohmann::json::parse(reply.body)["detail"], "www1.log is no file any more");
}

TEST(JailLog, FollowsUntilTheJailIsDeleted) {
  TestServer server([](ServerOptions& options) { options.limits.log_look = 5ms; });
  server.run([&] { server.service().declare("www1"); });
  print(server, "www1", {"one"});
  Client client(server.address());
  client.send(Client::request("GET", "/jails/www1/log?follow=1&tail=5"));
  client.read_reply(true);
  EXPECT_TRUE(next_chunk(client).ends_with(" one\n"));
  print(server, "www1", {"two"});
  EXPECT_TRUE(next_chunk(client).ends_with(" two\n"));
  server.run([&] { server.service().jails.erase("www1"); });
  EXPECT_EQ(next_chunk(client), "");
  const auto asked = server.run([&] { return server.service().log_queries.at(0); });
  EXPECT_TRUE(asked.follow);
  EXPECT_EQ(asked.tail, 5U);
}

TEST(JailLog, AQuietReaderOfJsonLinesGetsASignOfLife) {
  TestServer server([](ServerOptions& options) {
    options.limits.log_look = 5ms;
    options.limits.heartbeat = 20ms;
  });
  server.run([&] { server.service().declare("www1"); });
  Client client(server.address());
  client.send(Client::request("GET", "/jails/www1/log?follow=1", "", "Accept: application/x-ndjson\r\n"));
  client.read_reply(true);
  EXPECT_EQ(next_chunk(client), "\n");
}

// Memory stays at one page, because the next is not asked for before the last was taken.
TEST(JailLog, ASlowReaderIsCutOff) {
  TestServer server([](ServerOptions& options) { options.limits.write_time = 100ms; });
  server.run([&] {
    server.service().declare("www1");
    server.service().log_page = 1;
    for (int i = 0; i < 200; ++i) server.service().logs["www1"].push_back(line(std::string(64 * 1024, 'x')));
  });
  Client client(server.address(), 4096);
  client.send(Client::request("GET", "/jails/www1/log"));
  client.read_reply(true);
  EXPECT_TRUE(server.eventually([&] { return server.service().counted.size() == 1; }));
  EXPECT_TRUE(client.closed_by_server());
}

TEST(JailLog, WhoGoesAwayFreesHisPlace) {
  TestServer server([](ServerOptions& options) {
    options.limits.log_look = 5ms;
    options.limits.streams = 1;
  });
  server.run([&] { server.service().declare("www1"); });
  {
    Client first(server.address());
    first.send(Client::request("GET", "/jails/www1/log?follow=1"));
    EXPECT_EQ(first.read_reply(true).status, 200);
    Client second(server.address());
    EXPECT_EQ(second.ask("GET", "/jails/www1/log?follow=1").status, 503);
  }
  EXPECT_TRUE(server.eventually([&] { return true; }));
  int status = 503;
  for (int i = 0; i < 1000 && status == 503; ++i) {
    Client third(server.address());
    third.send(Client::request("GET", "/jails/www1/log?follow=1"));
    status = third.read_reply(true).status;
  }
  EXPECT_EQ(status, 200);
}

TEST(JailLog, RefusesWhatMeansNothing) {
  TestServer server;
  server.run([&] { server.service().declare("www1"); });
  Client client(server.address());
  EXPECT_EQ(client.ask("GET", "/jails/nobody/log").status, 404);
  EXPECT_EQ(client.ask("GET", "/jails/www1/log?tail=-1").status, 422);
  EXPECT_EQ(client.ask("GET", "/jails/www1/log?since=yesterday").status, 422);
  EXPECT_EQ(client.ask("GET", "/jails/www1/log?start=x").status, 422);
  EXPECT_EQ(client.ask("GET", "/jails/www1/log?start=").status, 422);
  EXPECT_EQ(client.ask("GET", "/jails/www1/log?lines=5").status, 422);
  EXPECT_EQ(client.ask("HEAD", "/jails/www1/log").status, 200);
}

}  // namespace jaild::server
