// diff and rollback: what looks at and goes back to earlier generations.
#include <gtest/gtest.h>

#include "tests/unit/client/harness.h"

namespace jaild::client {
namespace {

using nlohmann::json;
using test::FakeDaemon;
using test::FakeReply;
using test::FakeRequest;

FakeReply three_generations(const FakeRequest& /*request*/) {
  const auto version = [](int generation, const char* command) {
    return json{
        {"generation", generation}, {"at", "2026-01-31T12:00:00Z"}, {"by", "uid 0"}, {"spec", {{"command", command}}}};
  };
  return json_reply(200, {{"items", {version(3, "c"), version(1, "a"), version(2, "b")}}});
}

TEST(Diff, ComparesTheLastTwoGenerations) {
  const FakeDaemon daemon(three_generations);
  const Said said = run_jailctl(daemon, {"diff", "web"});
  EXPECT_EQ(said.code, ExitCode::ok) << said.err;
  EXPECT_EQ(said.out, "- command: \"b\"\n+ command: \"c\"\n");
}

TEST(Diff, ComparesAnyTwoGenerations) {
  const FakeDaemon daemon(three_generations);
  EXPECT_EQ(run_jailctl(daemon, {"diff", "web", "--from", "1", "--to", "3"}).out,
            "- command: \"a\"\n+ command: \"c\"\n");
  EXPECT_EQ(run_jailctl(daemon, {"diff", "web", "--to", "1"}).out, "+ command: \"a\"\n");
}

TEST(Diff, AGenerationThatIsNotKeptIsNamedWithThoseThatAre) {
  const FakeDaemon daemon(three_generations);
  const Said said = run_jailctl(daemon, {"diff", "web", "--to", "9"});
  EXPECT_EQ(said.code, ExitCode::unknown_jail);
  EXPECT_NE(said.err.find("web has no generation 9; kept are 1 to 3; `jailctl history web` shows them\n"),
            std::string::npos)
      << said.err;
}

TEST(Rollback, AsksTheDaemonAndSaysWhatCameOfIt) {
  const FakeDaemon daemon([](const FakeRequest&) {
    json object = jail("web");
    object["generation"] = 4;
    return jail_reply(200, object);
  });
  const Said said = run_jailctl(daemon, {"rollback", "web", "--to", "2"});
  EXPECT_EQ(said.code, ExitCode::ok) << said.err;
  EXPECT_EQ(said.out, "web: generation 4\n");
  EXPECT_EQ(daemon.calls(), std::vector<std::string>{"POST /jails/web/rollback?to=2"});
}

TEST(Rollback, NeedsAGeneration) {
  const FakeDaemon daemon(three_generations);
  EXPECT_EQ(run_jailctl(daemon, {"rollback", "web"}).code, ExitCode::usage);
  EXPECT_EQ(run_jailctl(daemon, {"rollback", "web", "--to", "0"}).code, ExitCode::usage);
  EXPECT_TRUE(daemon.calls().empty());
}

}  // namespace
}  // namespace jaild::client
