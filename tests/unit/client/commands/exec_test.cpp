// exec and console: what is said before a command runs. What runs is tests/e2e/test_exec.py's.
#include <chrono>

#include <gtest/gtest.h>

#include "tests/unit/client/harness.h"

namespace jaild::client {
namespace {

using test::FakeDaemon;
using test::FakeRequest;

constexpr auto code_of_jaild = static_cast<ExitCode>(125);

// A WebSocket's handshake has 30 s; what is refused is known with the answer.
TEST(Exec, ARefusalIsSaidAtOnce) {
  const std::pair<Error, const char*> refusals[] = {
      {{Kind::not_found, "no jail is called web", 0, {}}, "jailctl: web: no jail is called web; "},
      {{Kind::not_running, "web is stopped", 0, {}}, "jailctl: web: web is stopped; `jailctl up web` starts it\n"},
      {{Kind::forbidden, "your role is viewer", 0, {}}, "jailctl: web: your role is viewer\n"}};
  for (const auto& [error, said_text] : refusals) {
    const FakeDaemon daemon([&error](const FakeRequest& request) {
      return contains(request.target, "/exec") ? problem_reply(error) : json_reply(200, {{"items", {jail("db")}}});
    });
    const auto begin = std::chrono::steady_clock::now();
    const Said said = run_jailctl(daemon, {"exec", "web", "--", "true"});
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(15));
    EXPECT_EQ(said.code, code_of_jaild);
    EXPECT_TRUE(said.err.starts_with(said_text)) << said.err;
    EXPECT_EQ(daemon.calls().front(), "GET /jails/web/exec");
  }
}

}  // namespace
}  // namespace jaild::client
