#include "client/problem.h"

#include <gtest/gtest.h>

#include "client/exit_code.h"
#include "tests/unit/client/harness.h"

namespace jaild::client {
namespace {

HttpResponse response(int status, std::string body) {
  return {.status = status, .headers = {}, .body = std::move(body)};
}

TEST(Problem, EveryKindSurvivesTheWayOverHttp) {
  for (int number = 0; number <= static_cast<int>(Kind::internal); ++number) {
    const Error sent{static_cast<Kind>(number), "web: it went wrong", 0, {{"/spec/params/path", "no such directory"}}};
    const test::FakeReply reply = problem_reply(sent);
    const Error received = error_from(response(reply.status, reply.body));
    EXPECT_EQ(received.kind, sent.kind);
    EXPECT_EQ(received.message, sent.message);
    EXPECT_EQ(received.fields, sent.fields);
  }
}

TEST(Problem, WithoutAProblemTheStatusDecides) {
  EXPECT_EQ(exit_code(error_from(response(404, "<html>")).kind), ExitCode::unknown_jail);
  EXPECT_EQ(exit_code(error_from(response(401, "")).kind), ExitCode::not_authorised);
  EXPECT_EQ(exit_code(error_from(response(409, "[1]")).kind), ExitCode::conflict);
  EXPECT_EQ(exit_code(error_from(response(418, "{}")).kind), ExitCode::failed);
  EXPECT_EQ(error_from(response(418, "{}")).message, "the answer was HTTP 418");
  EXPECT_EQ(error_from(response(422, R"({"type":7,"detail":[],"title":"T","errors":[1,{"pointer":2}]})")).message, "T");
}

TEST(Problem, PassesOnWhenToTryAgain) {
  HttpResponse busy = response(503, "");
  busy.headers.emplace_back("Retry-After", "5");
  EXPECT_TRUE(contains(error_from(busy).message, "try again in 5 s"));
}

TEST(Problem, AdvisesWhatToDoNext) {
  EXPECT_TRUE(contains(advice({Kind::unavailable, "", ENOENT, {}}, ""), std::string(how_to_start())));
  EXPECT_TRUE(contains(advice({Kind::forbidden, "", EACCES, {}}, ""), "root"));
  EXPECT_TRUE(contains(advice({Kind::not_running, "", 0, {}}, "web"), "jailctl up web"));
  EXPECT_EQ(advice({Kind::unavailable, "the store is gone", 0, {}}, "web"), "");
}

}  // namespace
}  // namespace jaild::client
