// GET /jails/{name}/exec.
#include <gtest/gtest.h>

#include <csignal>

#include "tests/unit/api/server/web_socket.h"

namespace jaild::server {

using namespace std::chrono_literals;

TEST(ExecStream, RefusesBeforeTheHandshake) {
  TestServer server;
  run_www1(server);
  const auto status = [&](const char* target, const std::string& fields) {
    return Client(server.address()).ask("GET", target, "", fields).status;
  };
  const Reply plain = Client(server.address()).ask("GET", "/jails/www1/exec");
  EXPECT_EQ(plain.status, 426);
  EXPECT_EQ(plain.fields.at("upgrade"), "websocket");
  EXPECT_EQ(plain.fields.at("connection"), "upgrade");
  EXPECT_EQ(status("/jails/nobody/exec", upgrade), 404);
  EXPECT_EQ(status("/jails/stopped/exec", upgrade), 409);
  EXPECT_EQ(status("/jails/www1/exec", std::string(upgrade) + "Origin: http://localhost\r\n"), 403);
}

TEST(ExecStream, AnotherVersionOfWebSocketsIsAProblemThatNamesOurs) {
  TestServer server;
  run_www1(server);
  const std::string rest =
      "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
  for (const char* version :
       {"", "Sec-WebSocket-Version: 8\r\n", "Sec-WebSocket-Version: 013\r\n", "Sec-WebSocket-Version: 13, 8\r\n",
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 13\r\n"}) {
    const Reply reply = Client(server.address()).ask("GET", "/jails/www1/exec", "", rest + version);
    EXPECT_EQ(reply.status, 426) << version;
    EXPECT_EQ(reply.fields.at("sec-websocket-version"), "13") << version;
    EXPECT_EQ(reply.fields.at("content-type"), "application/problem+json") << version;
  }
}

TEST(ExecStream, TheKeyIsOne) {
  TestServer server;
  run_www1(server);
  const auto status = [&](const std::string& keys) {
    const std::string fields = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" + keys;
    return Client(server.address()).ask("GET", "/jails/www1/exec", "", fields).status;
  };
  const auto with = [&](const std::string& key) { return status("Sec-WebSocket-Key: " + key + "\r\n"); };
  EXPECT_EQ(with("dGhlIHNhbXBsZSBub25jZQ=="), 101);
  for (const char* key : {"", "x", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ===", "dGhlIHNhbXBsZSBub25jZ!==",
                          "dGhlIHNhbXBsZSBub25jZQAA", "dGhlIHNhbXBsZSBub24=", "dGhlIHNhbXBsZSBub25jZSBub25jZQ=="}) {
    EXPECT_EQ(with(key), 400) << key;
  }
  EXPECT_EQ(status(""), 400);
  const std::string once = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  EXPECT_EQ(status(once + once), 400);
}

TEST(ExecStream, ACommandWithInputAndExit) {
  TestServer server;
  run_www1(server);
  WebSocket socket(server);
  ASSERT_EQ(socket.status, 101);
  socket.text(R"({"command":["cat"]})");
  EXPECT_EQ(socket.report(), nlohmann::json::parse(R"({"started":true})"));
  socket.input("hello");
  const Frame echoed = socket.next();
  EXPECT_EQ(echoed.opcode, 2);
  EXPECT_EQ(echoed.data, "\x01hello");
  socket.text(R"({"resize":{"columns":100,"rows":50}})");
  socket.text(R"({"eof":true})");
  EXPECT_EQ(socket.report(), nlohmann::json::parse(R"({"exit":{"code":0}})"));
  EXPECT_EQ(socket.close_code(), 1000);
  EXPECT_EQ(server.run([&] { return server.service().exec_sizes.at(0); }), (TerminalSize{100, 50}));
  EXPECT_TRUE(hung_up(server));
}

TEST(ExecStream, ASignalIsPassedOn) {
  TestServer server;
  run_www1(server);
  WebSocket socket(server);
  socket.text(R"({"command":["hang"]})");
  socket.report();
  socket.text(R"({"signal":"SIGINT"})");
  EXPECT_EQ(socket.report()["exit"]["signal"], "SIGINT");
}

TEST(ExecStream, MistakesAreToldAndEndIt) {
  TestServer server;
  run_www1(server);
  for (const char* first : {"{", R"({"command":"ls"})", R"({"command":["ls"],"stdin":"x"})"}) {
    WebSocket socket(server);
    socket.text(first);
    EXPECT_TRUE(socket.report().contains("error")) << first;
    EXPECT_EQ(socket.close_code(), 1008) << first;
  }
  WebSocket binary_first(server);
  binary_first.input("x");
  EXPECT_EQ(binary_first.report()["error"]["status"], 400);
  WebSocket later(server);
  later.text(R"({"command":["hang"]})");
  later.report();
  later.text(R"({"dance":true})");
  EXPECT_EQ(later.report()["error"]["status"], 422);
  EXPECT_EQ(later.close_code(), 1008);
}

TEST(ExecStream, AConnectionThatIsLostHangsUp) {
  TestServer server;
  run_www1(server);
  WebSocket socket(server);
  socket.text(R"({"command":["hang"]})");
  socket.report();
  EXPECT_EQ(processes(server), 1U);
  socket.close();
  EXPECT_TRUE(hung_up(server));
}

TEST(ExecStream, WhoDetachesLeavesTheCommandRunning) {
  TestServer server;
  run_www1(server);
  WebSocket socket(server);
  socket.text(R"({"command":["hang"]})");
  socket.report();
  socket.text(R"({"detach":true})");
  EXPECT_EQ(socket.close_code(), 1000);
  socket.close();
  EXPECT_EQ(processes(server), 1U);
  server.run([&] { server.service().end_execs(); });
  EXPECT_TRUE(hung_up(server)) << "nothing of it stays";
}

// What a flooding command wrote and nobody took is at most a piece here and what the two sockets hold.
TEST(ExecStream, ACommandThatFloodsIsSlowedByItsReader) {
  TestServer server;
  run_www1(server);
  WebSocket socket(server, 4096);
  socket.text(R"({"command":["yes"]})");
  socket.report();
  std::uint64_t before = 0;
  const auto stopped = [&] {
    const std::uint64_t now = server.service().exec_output_read;
    return now > 0 && std::exchange(before, now) == now;
  };
  ASSERT_TRUE(server.eventually(stopped));
  constexpr std::uint64_t sockets_hold = 4 * 1024 * 1024;
  EXPECT_LT(before, sockets_hold);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(socket.next().opcode, 2);
  EXPECT_TRUE(server.eventually([&] { return server.service().exec_output_read > before; }));
}

// "hang" reads nothing: after the bound the server does not read either.
TEST(ExecStream, AClientThatFloodsIsSlowedByTheCommand) {
  TestServer server([](ServerOptions& options) { options.limits.exec_input_bytes = 1000; });
  run_www1(server);
  WebSocket socket(server);
  socket.text(R"({"command":["hang"]})");
  socket.report();
  for (int i = 0; i < 5; ++i) socket.input(std::string(900, 'x'));
  socket.text(R"({"signal":"SIGINT"})");
  ASSERT_TRUE(server.eventually([&] { return server.service().exec_input == 900; })) << "of which it reads nothing";
  EXPECT_TRUE(server.run([&] { return server.service().exec_signals.empty(); })) << "it stands behind the input";
}

TEST(ExecStream, ASilentClientIsAskedAndCutOff) {
  TestServer server([](ServerOptions& options) {
    options.limits.exec_look = 10ms;
    options.limits.exec_ping = 20ms;
    options.limits.exec_silence = 100ms;
  });
  run_www1(server);
  WebSocket socket(server);
  socket.text(R"({"command":["hang"]})");
  socket.report();
  EXPECT_EQ(socket.next().opcode, 9);
  EXPECT_TRUE(socket.closed_by_server());
  EXPECT_TRUE(hung_up(server));
}

TEST(ExecStream, AShellEndsWithItsToken) {
  TestServer server([](ServerOptions& options) { options.limits.exec_look = 10ms; }, Surface::full, Way::tcp);
  run_www1(server);
  give_token(server, Role::operator_);
  EXPECT_EQ(WebSocket(server, 0, bearer).status, 403) << "root-equivalent";
  give_token(server, Role::admin);
  WebSocket idle(server, 0, bearer);
  idle.text(R"({"command":["hang"]})");
  idle.report();
  WebSocket flooded(server, 0, bearer);
  flooded.text(R"({"command":["yes"]})");
  flooded.report();
  server.run([&] { server.service().tokens_by_secret.clear(); });
  EXPECT_TRUE(idle.closed_by_server());
  EXPECT_TRUE(flooded.closed_by_server());
  EXPECT_TRUE(hung_up(server));
}

TEST(ExecStream, WhatIsTypedAfterTheEndOfTheTokenReachesNobody) {
  TestServer server({}, Surface::full, Way::tcp);
  run_www1(server);
  give_token(server, Role::admin);
  WebSocket socket(server, 0, bearer);
  socket.text(R"({"command":["cat"]})");
  socket.report();
  server.run([&] { server.service().tokens_by_secret.clear(); });
  socket.input("rm -rf /\n");
  EXPECT_TRUE(socket.closed_by_server());
  EXPECT_EQ(server.run([&] { return server.service().exec_input; }), 0U);
}

TEST(ExecStream, WhoNeverSaysWhatToRunIsCutOff) {
  TestServer server([](ServerOptions& options) {
    options.limits.exec_look = 10ms;
    options.limits.header_time = 50ms;
  });
  run_www1(server);
  WebSocket socket(server);
  EXPECT_EQ(socket.report()["error"]["status"], 408);
  EXPECT_EQ(socket.close_code(), 1008);
}

TEST(ExecStream, WebSocketsAreCountedAmongTheStreams) {
  TestServer server([](ServerOptions& options) { options.limits.streams = 1; });
  run_www1(server);
  WebSocket first(server);
  EXPECT_EQ(first.status, 101);
  EXPECT_EQ(WebSocket(server).status, 503);
  first.close();
  EXPECT_TRUE(server.eventually([&] { return server.connections() == 0; }));
  EXPECT_EQ(WebSocket(server).status, 101);
}

// RFC 6455: 5.1 (masked), 5.2 (reserved bits and opcodes), 5.5 (control frames), 8.1 (UTF-8).
TEST(ExecStream, BrokenFramesEndIt) {
  TestServer server([](ServerOptions& options) {
    options.limits.exec_message_bytes = 1000;
    options.limits.exec_look = 10ms;
  });
  run_www1(server);
  const std::pair<const char*, std::string> rows[] = {
      {"not masked", "\x82\x01x"},
      {"a reserved bit", std::string("\xC2\x81\0\0\0\0x", 7)},
      {"a reserved opcode", std::string("\x83\x81\0\0\0\0x", 7)},
      {"a ping in fragments", std::string("\x09\x80\0\0\0\0", 6)},
      {"a size with its first bit set", std::string("\x82\xFF\xFF\0\0\0\0\0\0\0\0\0\0\0", 14)},
      {"text that is not UTF-8", std::string("\x81\x82\0\0\0\0\xFF\xFE", 8)},
      {"a message that is too large", std::string("\x82\xFE\x40\0\0\0\0\0", 8) + std::string(0x4000, 'x')},
  };
  for (const auto& [name, bytes] : rows) {
    WebSocket socket(server);
    socket.text(R"({"command":["hang"]})");
    socket.report();
    socket.send(bytes);
    EXPECT_TRUE(socket.closed_by_server()) << name;
    EXPECT_TRUE(hung_up(server)) << name;
    EXPECT_EQ(server.run([&] { return server.service().exec_input; }), 0U) << name;
  }
}

// RFC 6455, 7.4: what no endpoint may send is a broken protocol, and is not said back.
TEST(ExecStream, ACloseCodeThatIsNoneIsAProtocolError) {
  TestServer server([](ServerOptions& options) { options.limits.exec_look = 10ms; });
  run_www1(server);
  for (const auto& [code, answer] : {std::pair{0, 1002},
                                     {999, 1002},
                                     {1000, 1000},
                                     {1003, 1003},
                                     {1004, 1002},
                                     {1005, 1002},
                                     {1006, 1002},
                                     {1014, 1002},
                                     {1015, 1002},
                                     {1016, 1002},
                                     {2999, 1002},
                                     {3000, 3000},
                                     {4999, 4999},
                                     {5000, 1002},
                                     {65535, 1002}}) {
    WebSocket socket(server);
    socket.text(R"({"command":["hang"]})");
    socket.report();
    socket.say(8, {static_cast<char>(code >> 8), static_cast<char>(code & 0xff)});
    EXPECT_EQ(socket.close_code(), answer) << code;
    EXPECT_TRUE(socket.closed_by_server()) << code;
    EXPECT_TRUE(hung_up(server)) << code;
  }
}

TEST(ExecStream, AServerThatStopsHangsUp) {
  TestServer server;
  run_www1(server);
  WebSocket socket(server);
  socket.text(R"({"command":["hang"]})");
  socket.report();
  auto stopped = server.stop();
  EXPECT_TRUE(socket.closed_by_server());
  stopped.get();
}

}  // namespace jaild::server
