// What a client may do on the wire: framing, limits and deadlines. P8 and P10.
#include "api/server/request_reader.h"

#include <gtest/gtest.h>

#include "tests/unit/api/server/harness.h"

namespace jaild::server {

using namespace std::chrono_literals;

namespace {

constexpr const char* declaration = R"({"name":"www1","spec":{"params":{"path":"/jail/www1","persist":true}}})";

void expect_problem(const Reply& reply, int status, const std::string& type) {
  EXPECT_EQ(reply.status, status) << reply.head << reply.body;
  ASSERT_TRUE(reply.fields.contains("content-type")) << reply.head;
  EXPECT_EQ(reply.fields.at("content-type"), "application/problem+json");
  EXPECT_EQ(reply.json()["type"], "urn:jaild:problem:" + type);
  EXPECT_EQ(reply.json()["status"], status);
}

}  // namespace

TEST(RequestReader, RefusesBrokenFramingAndCloses) {
  const std::string start = "POST /jails HTTP/1.1\r\nContent-Type: application/json\r\n";
  const std::string host = "Host: jaild\r\n";
  const std::vector<std::string> broken{
      "nonsense\r\n\r\n",
      "GET /jails\r\n\r\n",
      "GET  /jails HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET /jails HTTP/2.0\r\nHost: x\r\n\r\n",
      "GET /jails HTTP/1.1\r\n\r\n",                        // no Host
      "GET /jails HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",  // two of them
      "GET /jails HTTP/1.1\r\nHost : x\r\n\r\n",            // blank before the colon
      "GET /jails HTTP/1.1\r\nHost: x\r\nBad Field: 1\r\n\r\n",
      start + host + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",  // smuggling
      start + host + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
      start + host + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
      start + host + "Content-Length: 5, 6\r\n\r\nhello",
      start + host + "Content-Length: -1\r\n\r\n",
      start + host + "Content-Length: five\r\n\r\n",
      start + host + "Content-Length: 99999999999999999999999\r\n\r\n",
      start + host + "Transfer-Encoding: gzip\r\n\r\n",
      start + host + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      start + host + "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
      start + host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      start + host + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
      "POST /jails HTTP/1.0\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      start + host + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
      start + host + "Transfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n0\r\n\r\n",
      start + host + "Transfer-Encoding: chunked\r\n\r\n2\nab\r\n0\r\n\r\n",                    // bare LF in the body
      start + host + "Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\nab\r\n0\r\n\r\n",  // 2^64
      start + host + "Transfer-Encoding: chunked\r\n\r\n-1\r\nab\r\n0\r\n\r\n",
      start + host + "Transfer-Encoding: chunked\r\n\r\n0x2\r\nab\r\n0\r\n\r\n",
      start + host + "Transfer-Encoding: chunked\r\n chunked\r\n\r\n0\r\n\r\n",  // folded
      start + host + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
      start + host +
          "Transfer-Encoding: \x0b"
          "chunked\r\n\r\n0\r\n\r\n",
      start + host + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
      start + host + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
      start + host + "Content-Length: 5, 5\r\n\r\nhello",
      start + host + "Content-Length: +5\r\n\r\nhello",
      start + host + "Content-Length: 5 5\r\n\r\nhello",
      start + host + "Content-Length:\r\n\r\nhello",
      start + host + "Content-Length: 0x5\r\n\r\nhello",
      "GET /livez HTTP/1.1\nHost: x\n\n",
      "GET /livez HTTP/1.1\r\nHost: x\n\r\n",
      "GET /livez HTTP/1.1\r\nHost: x\r\n\n",
      "GET /livez HTTP/1.1\r\nHost: x\rX: y\r\n\r\n",  // bare CR
      "GET /livez HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n",
      "GET /livez HTTP/1.1\r\n Host: x\r\n\r\n",
      "GET /livez HTTP/1.1\r\nHost: x\r\nno-colon\r\n\r\n",
      "GET /livez HTTP/1.1\r\nHost: x\r\n: empty\r\n\r\n",
      std::string("GET /livez HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n", 40),
      std::string("GET /li\0vez HTTP/1.1\r\nHost: x\r\n\r\n", 33),
      "GET /livez\tHTTP/1.1\r\nHost: x\r\n\r\n",
      "GET /livez HTTP/1.1 \r\nHost: x\r\n\r\n",
      "GET /livez http/1.1\r\nHost: x\r\n\r\n",
      "\nGET /livez HTTP/1.1\r\nHost: x\r\n\r\n",
  };
  TestServer server;
  for (const std::string& text : broken) {
    Client client(server.address());
    client.send(text);
    const Reply reply = client.read_reply();
    expect_problem(reply, 400, "bad-request");
    EXPECT_EQ(reply.fields.at("connection"), "close") << text;
    EXPECT_TRUE(client.closed_by_server()) << text;
  }
  EXPECT_EQ(server.run([&] { return server.service().requests.size(); }), 0U);
}

// What follows a refused request on the same connection is never read as one of its own.
TEST(RequestReader, NothingIsSmuggledBehindABrokenRequest) {
  const std::string smuggled = Client::request("POST", "/jails", declaration);
  const std::string start = "POST /jails HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
  TestServer server;
  for (const std::string& text : {
           start + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled,
           start + "Content-Length: 0\r\nContent-Length: 4\r\n\r\n" + smuggled,
           start + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + smuggled,
           start + "X: a\nContent-Length: 0\r\n\r\n" + smuggled,
       }) {
    Client client(server.address());
    client.send(text);
    expect_problem(client.read_reply(), 400, "bad-request");
    EXPECT_TRUE(client.closed_by_server()) << text;
  }
  EXPECT_EQ(server.run([&] { return server.service().requests.size(); }), 0U);
}

// RFC 9112, 2.2. Of an old client, an empty line follows each body; the next request may be long in coming.
TEST(RequestReader, AnEmptyLineBeforeARequestMeansNothing) {
  TestServer server([](ServerOptions& options) { options.limits.header_time = 100ms; });
  Client client(server.address());
  const std::string asked = Client::request("GET", "/livez");
  client.send("\r\n" + asked + "\r\n\r\n" + asked + "\r\n");
  EXPECT_EQ(client.read_reply().status, 200);
  EXPECT_EQ(client.read_reply().status, 200);
  std::this_thread::sleep_for(200ms);
  EXPECT_EQ(client.ask("GET", "/livez").status, 200);
  for (const char c : "\r\n" + asked) client.send(std::string_view(&c, 1));
  EXPECT_EQ(client.read_reply().status, 200);
  Client endless(server.address());
  for (int i = 0; i < 5000; ++i) endless.send("\r\n");
  expect_problem(endless.read_reply(), 431, "header-too-large");
}

TEST(RequestReader, AHeaderMayHave64Fields) {
  TestServer server;
  std::string fields;  // Host is the 64th
  for (int i = 0; i < 63; ++i) fields += "X-" + std::to_string(i) + ": y\r\n";
  Client client(server.address());
  EXPECT_EQ(client.ask("GET", "/livez", "", fields).status, 200);
  expect_problem(client.ask("GET", "/livez", "", fields + "X-more: y\r\n"), 431, "header-too-large");
  EXPECT_TRUE(client.closed_by_server());
}

TEST(RequestReader, AHeaderThatArrivesByteByByteIsReadTheSame) {
  TestServer server;
  Client client(server.address());
  const std::string text = Client::request("POST", "/jails", declaration);
  for (const char c : text) client.send(std::string_view(&c, 1));
  EXPECT_EQ(client.read_reply().status, 201);
}

TEST(RequestReader, TakesAChunkedBody) {
  TestServer server;
  Client client(server.address());
  const std::string body = declaration;
  client.send(
      "POST /jails HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
  client.send("5;note=1\r\n" + body.substr(0, 5) + "\r\n");
  client.send("1\r\n" + body.substr(5, 1) + "\r\n20\r\n" + body.substr(6, 32) + "\r\n");
  char size[16];
  std::snprintf(size, sizeof size, "%zx", body.size() - 38);
  client.send(std::string(size) + "\r\n" + body.substr(38) + "\r\n0\r\nIf-Match: \"9\"\r\n\r\n");
  EXPECT_EQ(client.read_reply().status, 201);
  EXPECT_EQ(client.ask("GET", "/jails/www1").status, 200);
  EXPECT_FALSE(server.run([&] { return server.service().requests.at(0).changes.at(0).only_if.generation; }))
      << "a trailer is no header";
}

TEST(RequestReader, AHeaderMayHave8KiBUnlessTheListenerSaysOtherwise) {
  TestServer server;
  Client client(server.address());
  EXPECT_EQ(client.ask("GET", "/livez", "", "X-Fill: " + std::string(7 * 1024, 'x') + "\r\n").status, 200);
  const Reply reply = client.ask("GET", "/livez", "", "X-Fill: " + std::string(8 * 1024, 'x') + "\r\n");
  expect_problem(reply, 431, "header-too-large");
  EXPECT_TRUE(client.closed_by_server());
  Client other(server.address());
  expect_problem(other.ask("GET", "/" + std::string(100 * 1024, 'x')), 431, "header-too-large");
  Client endless(server.address());
  endless.send("GET /livez HTTP/1.1\r\nHost: x\r\n");
  for (int i = 0; i < 1000; ++i) endless.send("X-Field-" + std::to_string(i) + ": 0123456789\r\n");
  expect_problem(endless.read_reply(), 431, "header-too-large");
  TestServer wide([](ServerOptions& options) { options.limits.header_bytes = 16 * 1024; });
  Client more(wide.address());
  EXPECT_EQ(more.ask("GET", "/livez", "", "X-Fill: " + std::string(15 * 1024, 'x') + "\r\n").status, 200);
}

TEST(RequestReader, A2MBBodyIsAnsweredWithA413EvenWhenAllOfItIsSentFirst) {
  TestServer server;
  const std::string body = "{\"name\":\"" + std::string(2'000'000, 'x') + "\"}";
  Client client(server.address());
  expect_problem(client.ask("POST", "/jails", body), 413, "too-large");
  EXPECT_TRUE(client.closed_by_server());
  Client chunked(server.address());
  chunked.send(
      "POST /jails HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 200; ++i) chunked.send("2710\r\n" + std::string(10'000, 'x') + "\r\n");
  chunked.send("0\r\n\r\n");
  expect_problem(chunked.read_reply(), 413, "too-large");
  EXPECT_TRUE(chunked.closed_by_server());
}

TEST(RequestReader, ABodyMayHave1MiB) {
  TestServer server;
  Client client(server.address());
  std::string body = R"({"name":"www1","spec":{"params":{"path":"/jail/www1","persist":true}}})";
  body.append(1024 * 1024 - body.size(), ' ');
  EXPECT_EQ(client.ask("POST", "/jails", body).status, 201);
  body += ' ';
  expect_problem(client.ask("POST", "/jails", body), 413, "too-large");
}

// Nobody reads on for ever: beyond the bound the answer comes at once.
TEST(RequestReader, ABodyWithoutEndIsCutOff) {
  TestServer server([](ServerOptions& options) {
    options.limits.discard_bytes = 2'000'000;
    options.limits.linger_time = 50ms;
  });
  Client announced(server.address());
  announced.send(
      "POST /jails HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99000000000\r\n\r\n");
  expect_problem(announced.read_reply(), 413, "too-large");
  Client endless(server.address());
  endless.send(
      "POST /jails HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "186a0\r\n" + std::string(100'000, 'x') + "\r\n";
  for (int i = 0; i < 24; ++i) endless.send(chunk);
  expect_problem(endless.read_reply(), 413, "too-large");
  EXPECT_TRUE(endless.closed_by_server());
}

TEST(RequestReader, TellsAClientThatAsksToSendItsBody) {
  TestServer server;
  Client client(server.address());
  const std::string body = declaration;
  client.send(
      "POST /jails HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send(body);
  EXPECT_EQ(client.read_reply().status, 201);
}

TEST(RequestReader, AClientThatAsksFirstIsSparedABodyThatWouldBeRefused) {
  TestServer server;
  const std::string expect = "Expect: 100-continue\r\n";
  Client large(server.address());
  large.send("POST /jails HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2000000\r\n" +
             expect + "\r\n");
  expect_problem(large.read_reply(), 413, "too-large");
  Client wrong(server.address());
  wrong.send("POST /jails HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 20\r\n" + expect + "\r\n");
  const Reply reply = wrong.read_reply();
  expect_problem(reply, 415, "unsupported-media-type");
  EXPECT_EQ(reply.fields.at("connection"), "close");  // or the body that may still come would be read as a request
}

TEST(RequestReader, ASlowHeaderEndsAtItsDeadlineHoweverItDrips) {
  TestServer server([](ServerOptions& options) {
    options.limits.header_time = 50ms;
    options.limits.linger_time = 50ms;
  });
  Client client(server.address());
  client.send("GET /livez HTTP/1.1\r\nHost: x\r\n");
  const auto begun = std::chrono::steady_clock::now();
  std::thread drip([&] {
    while (std::chrono::steady_clock::now() - begun < 200ms) {
      client.send("X");
      std::this_thread::sleep_for(5ms);
    }
  });
  const Reply reply = client.read_reply();
  drip.join();
  expect_problem(reply, 408, "request-timeout");
  EXPECT_TRUE(client.closed_by_server());
}

TEST(RequestReader, ASlowBodyEndsAtItsDeadline) {
  TestServer server([](ServerOptions& options) { options.limits.body_time = 30ms; });
  Client client(server.address());
  client.send("POST /jails HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{");
  expect_problem(client.read_reply(), 408, "request-timeout");
  EXPECT_TRUE(client.closed_by_server());
}

TEST(RequestReader, AnIdleConnectionIsClosedInSilence) {
  TestServer server([](ServerOptions& options) { options.limits.idle_time = 30ms; });
  Client client(server.address());
  EXPECT_EQ(client.ask("GET", "/livez").status, 200);
  EXPECT_EQ(client.read_until("\n"), "");
}

TEST(RequestReader, AClientThatGoesInTheMiddleOfARequestLeavesNothing) {
  TestServer server;
  for (const char* part :
       {"G", "GET /livez HTTP/1.1\r\n", "POST /jails HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12"}) {
    Client client(server.address());
    client.send(part);
  }
  EXPECT_EQ(server.stop().wait_for(5s), std::future_status::ready);
}

}  // namespace jaild::server
