// exec and console: what is said before a command runs. What runs is tests/e2e/test_exec.py's.
#include <chrono>
#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>

#include "tests/unit/client/harness.h"

namespace jaild::client {
namespace {

using nlohmann::json;
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

// Another file, another user would be meant.
TEST(Exec, RefusesWhatIsNotUtf8) {
  const FakeDaemon daemon([](const FakeRequest&) { return test::FakeReply{.status = 500}; });
  ::setenv("JAILCTL_TEST_LATIN", "caf\xe9", 1);
  const std::string file = daemon.directory() + "/env";
  std::ofstream(file) << "A=b\n\n# fine: \xe9\nX=\xe9\n";
  const std::pair<std::vector<std::string>, const char*> rows[] = {
      {{"exec", "web", "--", "touch", "/tmp/g\xe9"},
       "argument 1 of the command '/tmp/g\\xe9' is not UTF-8: byte 7 is \\xe9"},
      {{"exec", "web", "--", "\xe9"}, "the command '\\xe9'"},
      {{"exec", "-e", "X=\xe9", "web", "--", "true"}, "the value of X"},
      {{"exec", "-e", "\xe9=1", "web", "--", "true"}, "the name of a variable"},
      {{"exec", "-e", "JAILCTL_TEST_LATIN", "web", "--", "true"}, "the value of JAILCTL_TEST_LATIN"},
      {{"exec", "-w", "/\xe9", "web", "--", "true"}, "the directory of -w"},
      {{"exec", "-u", "\xe9", "web", "--", "true"}, "the user of -u"},
      {{"-o", "json", "exec", "web", "--", "echo", "\xe9"}, "argument 1 of the command"},
      {{"exec", "--env-file", file, "web", "--", "true"}, "/env:4: is not UTF-8: byte 3 is \\xe9"}};
  for (const auto& [arguments, text] : rows) {
    const Said said = run_jailctl(daemon, arguments);
    EXPECT_EQ(said.code, code_of_jaild) << text;
    EXPECT_TRUE(contains(said.err, text)) << text << "\nis not in\n" << said.err;
  }
  EXPECT_TRUE(daemon.calls().empty());
}

TEST(Exec, VariablesOfAFileComeBeforeThoseOfTheLine) {
  const FakeDaemon daemon([](const FakeRequest&) { return json_reply(200, {{"code", 0}, {"stdout", ""}}); });
  ::setenv("JAILCTL_TEST_HERE", "ours", 1);
  const std::string file = daemon.directory() + "/env";
  std::ofstream(file) << "# comment\nA=file\nB=file=too\r\nJAILCTL_TEST_HERE\nJAILCTL_TEST_ABSENT\n";
  run_jailctl(daemon, {"-o", "json", "exec", "--env-file", file, "-e", "A=line", "web", "--", "env"});
  EXPECT_EQ(json::parse(daemon.request("POST /jails/web/exec").body)["env"],
            json::parse(R"({"A":"line","B":"file=too","JAILCTL_TEST_HERE":"ours"})"));
}

// A line that is passed over would be a variable that the command misses without a word.
TEST(Exec, AWrongLineOfAFileIsNamedBeforeAnythingIsAsked) {
  const FakeDaemon daemon([](const FakeRequest&) { return test::FakeReply{.status = 500}; });
  const std::string file = daemon.directory() + "/env";
  for (const std::string line : {"=x", "two words", "export A=1", " A=1", "A =1", "1A=1", "A-B=1"}) {
    std::ofstream(file) << "GOOD=1\n" << line << "\n";
    const Said said = run_jailctl(daemon, {"exec", "--env-file", file, "web", "--", "env"});
    EXPECT_EQ(said.code, code_of_jaild) << line;
    EXPECT_TRUE(contains(said.err, "/env:2: is neither NAME=VALUE nor NAME; ")) << said.err;
  }
  std::ofstream(file) << "A=" << '\0' << "\n";
  EXPECT_TRUE(contains(run_jailctl(daemon, {"exec", "--env-file", file, "web", "--", "env"}).err, "/env:1: has a NUL"));
  EXPECT_TRUE(contains(run_jailctl(daemon, {"exec", "-e", "a b=1", "web", "--", "env"}).err, "not 'a b=1'; "));
  EXPECT_TRUE(daemon.calls().empty());
}

// As docker, podman and jexec(8) take it.
TEST(Exec, BehindTheJailsNameTheCommandBegins) {
  const std::pair<std::vector<std::string>, std::vector<std::string>> rows[] = {
      {{"exec", "web", "sh", "-c", "echo -n x"}, {"sh", "-c", "echo -n x"}},
      {{"exec", "-e", "A=1", "web", "ls", "-i", "--help"}, {"ls", "-i", "--help"}},
      {{"exec", "-uwww", "--env=A=1", "web", "id", "-u"}, {"id", "-u"}},
      {{"exec", "-u", "www", "web", "id", "-u"}, {"id", "-u"}},
      {{"exec", "web", "grep", "--", "-x", "f"}, {"grep", "--", "-x", "f"}},
      {{"exec", "web", "--timeout", "5", "--", "ls", "--", "-l"}, {"ls", "--", "-l"}},
      {{"exec", "web", "--timeout", "5", "ls", "-o", "text"}, {"ls", "-o", "text"}},
      {{"exec", "exec", "exec", "-d"}, {"exec", "-d"}}};
  for (const auto& [arguments, command] : rows) {
    const FakeDaemon daemon([](const FakeRequest&) { return json_reply(200, {{"code", 0}, {"stdout", ""}}); });
    std::vector<std::string> words{"-o", "json"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    const Said said = run_jailctl(daemon, words);
    ASSERT_EQ(said.code, ExitCode::ok) << said.err << arguments[1];
    const std::string name = arguments[1] == "exec" ? "exec" : "web";
    EXPECT_EQ(json::parse(daemon.request("POST /jails/" + name + "/exec").body)["command"], json(command));
  }
}

TEST(Exec, WhatIsLeftRunningHasNoInput) {
  const FakeDaemon daemon([](const FakeRequest&) { return test::FakeReply{.status = 500}; });
  EXPECT_EQ(run_jailctl(daemon, {"exec", "-d", "-i", "web", "--", "cat"}).code, code_of_jaild);
  EXPECT_EQ(run_jailctl(daemon, {"-o", "json", "exec", "-d", "web", "--", "cat"}).code, code_of_jaild);
  EXPECT_TRUE(daemon.calls().empty());
}

}  // namespace
}  // namespace jaild::client
