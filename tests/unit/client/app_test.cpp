#include "client/app.h"

#include <gtest/gtest.h>

#include "client/problem.h"
#include "tests/unit/client/harness.h"

namespace jaild::client {
namespace {

using test::FakeDaemon;
using test::FakeRequest;

TEST(App, WrongUsageIsOneHelpfulLineAndExitCode2) {
  const std::vector<std::string> wrong[] = {{},
                                            {"upp", "web"},
                                            {"frobnicate"},
                                            {"--nonsense"},
                                            {"up"},
                                            {"up", "web", "-f", "x.json"},
                                            {"up", "../etc"},
                                            {"up", "42"},
                                            {"up", "web", "--timeout", "0"},
                                            {"up", "web", "--timeout", "soon"},
                                            {"up", "web", "--nonsense"},
                                            {"down"},
                                            {"down", "web", "--all"},
                                            {"restart"},
                                            {"adopt"},
                                            {"rm"},
                                            {"status", "a b"},
                                            {"ls", "--label", "tier"},
                                            {"ls", "--state", "happy"},
                                            {"ls", "web"},
                                            {"set", "web"},
                                            {"set", "web", "nonsense"},
                                            {"set", "web", "priority=high"},
                                            {"unset", "web", "a=b"},
                                            {"edit"},
                                            {"history"},
                                            {"events", "--after", "yesterday"},
                                            {"events", "--since", ""},
                                            {"events", "--until", "1h30"},
                                            {"logs", "web", "--since", ""},
                                            {"logs", "web", "--until", "yesterday"},
                                            {"api", "GET"},
                                            {"api", "GET", "/x", "-H", "nocolon"},
                                            {"api", "GET", "/a b"},
                                            {"ls", "-o", "yaml"},
                                            {"ls", "--socket", "/a", "--url", "http://localhost"},
                                            {"ls", "--url", "ftp://localhost"}};
  const FakeDaemon daemon([](const FakeRequest&) { return json_reply(200, nlohmann::json::object()); });
  for (const auto& arguments : wrong) {
    const Said said = run_jailctl(daemon, arguments);
    const std::string shown = arguments.empty() ? "(nothing)" : arguments[0] + " " + arguments.back();
    EXPECT_EQ(said.code, ExitCode::usage) << shown << ": " << said.err;
    EXPECT_EQ(said.out, "") << shown;
    EXPECT_EQ(said.err.substr(0, 9), "jailctl: ") << shown;
    EXPECT_EQ(std::count(said.err.begin(), said.err.end(), '\n'), 1) << said.err;
  }
  EXPECT_TRUE(daemon.calls().empty()) << daemon.calls().front();
}

TEST(App, TheFirstWordThatDoesNotFitIsNamed) {
  EXPECT_EQ(run_jailctl({"start", "-f", "x.json"}).err,
            "jailctl: start: there is no option -f; see `jailctl start --help`\n");
  EXPECT_EQ(run_jailctl({"ls", "--nonsense", "web", "db"}).err,
            "jailctl: ls: there is no option --nonsense; see `jailctl ls --help`\n");
  EXPECT_EQ(run_jailctl({"ls", "web", "db"}).err, "jailctl: ls: one word too many: web; see `jailctl ls --help`\n");
}

TEST(App, AMistypedCommandIsRecognised) {
  EXPECT_TRUE(contains(run_jailctl({"statsu"}).err, "did you mean status?"));
  EXPECT_TRUE(contains(run_jailctl({"-o", "json", "evnts"}).err, "did you mean events?"));
}

TEST(App, EveryCommandExplainsItself) {
  const Said all = run_jailctl({"--help"});
  EXPECT_EQ(all.code, ExitCode::ok);
  EXPECT_EQ(all.err, "");
  for (const char* verb : {"up", "down", "restart", "adopt", "status", "ls", "set", "unset", "edit", "rm", "events",
                           "history", "api", "version"}) {
    EXPECT_TRUE(contains(all.out, std::string("  ") + verb + " ") || contains(all.out, std::string("  ") + verb + ","))
        << verb;
    const Said help = run_jailctl({verb, "--help"});
    EXPECT_EQ(help.code, ExitCode::ok);
    EXPECT_TRUE(contains(help.out, std::string("jailctl ") + verb)) << verb << help.out;
    EXPECT_TRUE(contains(help.out, "-o json")) << verb;
  }
}

TEST(App, HelpIsACommandToo) {
  EXPECT_EQ(run_jailctl({"help"}).out, run_jailctl({"--help"}).out);
  const Said up = run_jailctl({"help", "up"});
  EXPECT_EQ(up.code, ExitCode::ok);
  EXPECT_EQ(up.out, run_jailctl({"up", "--help"}).out);
  EXPECT_TRUE(contains(run_jailctl({"help", "token", "create"}).out, "--role"));
  const Said unknown = run_jailctl({"help", "upp"});
  EXPECT_EQ(unknown.code, ExitCode::usage);
  EXPECT_TRUE(contains(unknown.err, "there is no command 'upp'")) << unknown.err;
}

TEST(App, AJailMayBeCalledLikeACommand) {
  const FakeDaemon daemon([](const FakeRequest&) { return jail_reply(200, jail("status")); });
  EXPECT_EQ(run_jailctl(daemon, {"status", "status"}).code, ExitCode::ok);
  EXPECT_EQ(daemon.calls().front(), "GET /jails/status");
}

TEST(App, AnUnreachableDaemonIsNamedWithWhatToDo) {
  for (const char* verb : {"ls", "status", "version"}) {
    const Said said = run_jailctl({verb, "--socket", "/nonexistent/jaild.sock"});
    EXPECT_EQ(said.code, ExitCode::unreachable);
    EXPECT_TRUE(contains(said.err, "/nonexistent/jaild.sock")) << said.err;
    EXPECT_TRUE(contains(said.err, std::string(how_to_start()))) << said.err;
  }
  const Said several = run_jailctl({"up", "a", "b", "--socket", "/nonexistent/jaild.sock"});
  EXPECT_EQ(several.code, ExitCode::unreachable);
  EXPECT_EQ(std::count(several.err.begin(), several.err.end(), '\n'), 1) << several.err;
}

TEST(App, EveryProblemHasItsExitCode) {
  for (int number = 0; number <= static_cast<int>(Kind::internal); ++number) {
    const Kind kind = static_cast<Kind>(number);
    const FakeDaemon daemon([&](const FakeRequest& request) {
      if (request.target == "/jails?limit=1000") return json_reply(200, {{"items", {jail("web1"), jail("db")}}});
      return problem_reply({kind, "what happened", 0, {}});
    });
    const Said said = run_jailctl(daemon, {"history", "web"});
    EXPECT_EQ(said.code, exit_code(kind)) << number;
    EXPECT_TRUE(contains(said.err, "what happened")) << said.err;
    EXPECT_EQ(contains(said.err, "did you mean web1?"), kind == Kind::not_found) << said.err;
  }
}

TEST(App, AnAnswerThatIsNotJsonIsAFailure) {
  const FakeDaemon daemon([](const FakeRequest&) { return test::FakeReply{.status = 200, .body = "<html>"}; });
  const Said said = run_jailctl(daemon, {"ls"});
  EXPECT_EQ(said.code, ExitCode::failed);
  EXPECT_TRUE(contains(said.err, "not JSON")) << said.err;
}

TEST(App, NothingFromTheDaemonReachesTheTerminalRaw) {
  const FakeDaemon daemon([](const FakeRequest& request) {
    nlohmann::json evil = jail("web");
    evil["status"]["reason"] = "\x1b]0;owned\x07";
    evil["status"]["steps"] = {{{"step", "x\x1b[2J"}, {"ok", false}, {"error", "y\x1b[2J"}}};
    if (request.target == "/jails/web") return jail_reply(200, evil);
    if (request.target == "/jails?limit=1000") return json_reply(200, {{"items", {evil}}});
    return problem_reply({Kind::conflict, "no\x1b[2J", 0, {{"/a\x1b", "b\x1b"}}});
  });
  const std::vector<std::string> commands[] = {{"status", "web"},    {"ls"},
                                               {"ls", "-o", "json"}, {"status", "web", "-o", "json"},
                                               {"history", "web"},   {"api", "GET", "/jails/web"}};
  for (const auto& arguments : commands) {
    const Said said = run_jailctl(daemon, arguments, {.input = "", .tty = true, .environment = {{"NO_COLOR", "1"}}});
    EXPECT_FALSE(contains(said.out + said.err, "\x1b")) << arguments[0] << said.out << said.err;
  }
}

}  // namespace
}  // namespace jaild::client
