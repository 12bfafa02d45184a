#include "client/connection.h"

#include <gtest/gtest.h>

#include "tests/fakes/fake_daemon.h"

namespace jaild::client {
namespace {

using test::FakeDaemon;
using test::FakeReply;
using test::FakeRequest;

Endpoint at(const FakeDaemon& daemon) {
  return {.socket = daemon.socket(), .host = "", .port = "", .token = ""};
}

TEST(Connection, GivesStatusHeadersAndBody) {
  const FakeDaemon daemon([](const FakeRequest& request) {
    return FakeReply{
        .status = 201, .body = request.body + request.headers.at("x-more"), .headers = {{"ETag", "\"3\""}}};
  });
  const Result<HttpResponse> response =
      Connection(at(daemon))
          .call({.method = "POST", .target = "/jails", .body = "hello ", .headers = {{"X-More", "world"}}});
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(response->header("etag"), "\"3\"");
  EXPECT_EQ(response->header("absent"), "");
  EXPECT_EQ(response->body, "hello world");
}

TEST(Connection, SendsTheTokenOverTcpOnly) {
  const FakeDaemon daemon([](const FakeRequest& request) {
    const auto found = request.headers.find("authorization");
    return FakeReply{.status = 200, .body = found == request.headers.end() ? "none" : found->second};
  });
  const Endpoint tcp{.socket = "", .host = "127.0.0.1", .port = std::to_string(daemon.tcp_port()), .token = "jd_x"};
  EXPECT_EQ(Connection(tcp).call({.method = "GET", .target = "/"})->body, "Bearer jd_x");
  EXPECT_EQ(daemon.request("GET /").headers.at("host"), "127.0.0.1:" + tcp.port);
  EXPECT_EQ(Connection(at(daemon)).call({.method = "GET", .target = "/"})->body, "none");
}

TEST(Connection, SaysThatNothingListens) {
  const Connection missing({.socket = "/nonexistent/jaild.sock", .host = "", .port = "", .token = ""});
  const Result<HttpResponse> response = missing.call({.method = "GET", .target = "/"});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, Kind::unavailable);
  EXPECT_EQ(response.error().os_errno, ENOENT);
  EXPECT_NE(response.error().message.find("/nonexistent/jaild.sock"), std::string::npos);
  const Connection long_path({.socket = "/" + std::string(200, 'x'), .host = "", .port = "", .token = ""});
  EXPECT_EQ(long_path.call({.method = "GET", .target = "/"}).error().kind, Kind::unavailable);
}

TEST(Connection, EndsWaitingForASilentDaemon) {
  const FakeDaemon daemon([](const FakeRequest&) { return FakeReply{.status = 200, .body = "", .silent = true}; });
  const HttpRequest request{.method = "GET", .target = "/", .timeout = std::chrono::milliseconds(50)};
  EXPECT_EQ(Connection(at(daemon)).call(request).error().kind, Kind::timeout);
  const auto yes = [](const auto&) { return true; };
  EXPECT_EQ(Connection(at(daemon)).stream(request, yes, yes).error().kind, Kind::timeout);
}

TEST(Connection, ReportsAnAnswerThatBreaksOff) {
  const FakeDaemon daemon(
      [](const FakeRequest&) { return FakeReply{.status = 200, .body = "half", .silent = false, .truncated = true}; });
  EXPECT_EQ(Connection(at(daemon)).call({.method = "GET", .target = "/"}).error().kind, Kind::unavailable);
  std::string pieces;
  const Result<void> ended = Connection(at(daemon))
                                 .stream(
                                     {.method = "GET", .target = "/"}, [](const HttpResponse&) { return true; },
                                     [&](std::string_view piece) {
                                       pieces += piece;
                                       return true;
                                     });
  EXPECT_EQ(ended.error().kind, Kind::unavailable);
  EXPECT_EQ(pieces, "half");
}

TEST(Connection, StreamsWithoutAnEndUntilTheReaderHasEnough) {
  const FakeDaemon daemon(
      [](const FakeRequest&) { return FakeReply{.status = 200, .body = std::string(100'000, 'x')}; });
  std::size_t received = 0;
  const Result<void> ended =
      Connection(at(daemon))
          .stream(
              {.method = "GET", .target = "/"}, [](const HttpResponse& head) { return head.status == 200; },
              [&](std::string_view piece) {
                received += piece.size();
                return received < 20'000;
              });
  EXPECT_TRUE(ended);
  EXPECT_GE(received, 20'000U);
  EXPECT_LT(received, 100'000U);
}

TEST(Connection, RefusesToSendWhatWouldBeTwoRequests) {
  const FakeDaemon daemon([](const FakeRequest&) { return FakeReply{}; });
  const Connection connection(at(daemon));
  for (const char* target : {"/a b", "/a\r\nX: y", "/a\nb"}) {
    EXPECT_EQ(connection.call({.method = "GET", .target = target}).error().kind, Kind::invalid);
  }
  EXPECT_EQ(connection.call({.method = "GET\r\n", .target = "/"}).error().kind, Kind::invalid);
  EXPECT_EQ(connection.call({.method = "GET", .target = "/", .headers = {{"X", "a\r\nY: b"}}}).error().kind,
            Kind::invalid);
  EXPECT_EQ(connection.call({.method = "GET", .target = "/", .headers = {{"X Y", "a"}}}).error().kind, Kind::invalid);
  EXPECT_TRUE(daemon.calls().empty());
}

TEST(Connection, EncodesEverythingThatIsNotPlain) {
  EXPECT_EQ(percent_encode("a-b_c.d~9"), "a-b_c.d~9");
  EXPECT_EQ(percent_encode("a/b c=ö"), "a%2Fb%20c%3D%C3%B6");
}

}  // namespace
}  // namespace jaild::client
