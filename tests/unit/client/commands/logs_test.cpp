#include <gtest/gtest.h>

#include "tests/unit/client/harness.h"

namespace jaild::client {
namespace {

using test::FakeDaemon;
using test::FakeReply;
using test::FakeRequest;

std::string object(const std::string& text, const std::string& stream = "out") {
  return nlohmann::json{{"at", "2026-01-31T12:00:00.000Z"},
                        {"start", 17},
                        {"phase", "command"},
                        {"stream", stream},
                        {"text", text}}
             .dump() +
         "\n";
}

FakeReply lines(const FakeRequest& request) {
  const bool web = contains(request.target, "/jails/web/");
  return {200, object(web ? "from web" : "from db1") + "\n" + object("and more", "err"), {}};
}

TEST(Logs, PrintsTheLinesOfAJail) {
  const FakeDaemon daemon(lines);
  const Said said = run_jailctl(daemon, {"logs", "web"});
  EXPECT_EQ(said.code, ExitCode::ok);
  EXPECT_EQ(said.out, "from web\nand more\n");
  EXPECT_EQ(daemon.request("GET /jails/web/log").headers.at("accept"), "application/x-ndjson");
}

TEST(Logs, PiecesOfALineArePrintedAsOneAndOthersBeginAnew) {
  const auto piece = [](const std::string& text, const std::string& stream) {
    nlohmann::json line = nlohmann::json::parse(object(text, stream));
    line["partial"] = true;
    return line.dump() + "\n";
  };
  const FakeDaemon daemon([&](const FakeRequest&) {
    return FakeReply{200,
                     piece("login: ", "out") + object("me") + piece("10 %", "out") + object("oops", "err") +
                         object(", 20 %") + piece("no end", "err"),
                     {}};
  });
  EXPECT_EQ(run_jailctl(daemon, {"logs", "web"}).out, "login: me\n10 %\noops\n, 20 %\nno end\n");
}

TEST(Logs, LinesOfSeveralBeginWithTheirJail) {
  const FakeDaemon daemon(lines);
  EXPECT_EQ(run_jailctl(daemon, {"logs", "web", "db1"}).out,
            "web | from web\nweb | and more\ndb1 | from db1\ndb1 | and more\n");
}

TEST(Logs, FollowsSeveralAtOnce) {
  const FakeDaemon daemon(lines);
  const Said said = run_jailctl(daemon, {"logs", "-f", "web", "db1"});
  EXPECT_EQ(said.code, ExitCode::ok) << said.err;
  for (const char* line : {"web | from web\n", "db1 | from db1\n"}) EXPECT_TRUE(contains(said.out, line)) << said.out;
  EXPECT_EQ(daemon.request("GET /jails/db1/log?follow=1").method, "GET");
}

TEST(Logs, ConditionsGoIntoTheQuery) {
  const FakeDaemon daemon(lines);
  run_jailctl(daemon, {"logs", "--tail", "5", "--since", "2026-01-31T12:00:00Z", "--start", "-1", "web"});
  EXPECT_EQ(daemon.calls(),
            std::vector<std::string>{"GET /jails/web/log?tail=5&since=2026-01-31T12%3A00%3A00Z&start=-1"});
}

TEST(Logs, SinceTakesADurationToo) {
  const FakeDaemon daemon(lines);
  EXPECT_EQ(run_jailctl(daemon, {"logs", "--since", "90s", "web"}).code, ExitCode::ok);
  EXPECT_TRUE(contains(daemon.calls().at(0), "GET /jails/web/log?since=20"));
  for (const char* wrong : {"yesterday", "5", "5y", "-5m", "5mm", "m"}) {
    EXPECT_EQ(run_jailctl({"logs", "--since", wrong, "web"}).code, ExitCode::usage) << wrong;
  }
}

// The daemon's tail is that of the whole log, so with --until it is taken here.
TEST(Logs, UntilCutsAndTailCountsWhatIsLeft) {
  const FakeDaemon daemon([](const FakeRequest&) {
    std::string text;
    for (int second = 1; second <= 9; ++second) {
      const std::string digit = std::to_string(second);
      text += nlohmann::json{{"at", "2026-01-31T12:00:0" + digit + "Z"}, {"text", digit}}.dump() + "\n";
    }
    return FakeReply{200, text, {}};
  });
  EXPECT_EQ(run_jailctl(daemon, {"logs", "--until", "2026-01-31T12:00:05Z", "web"}).out, "1\n2\n3\n4\n5\n");
  EXPECT_EQ(run_jailctl(daemon, {"logs", "--until", "2026-01-31T12:00:05Z", "-n", "2", "web"}).out, "4\n5\n");
  EXPECT_EQ(daemon.calls().back(), "GET /jails/web/log");
  EXPECT_EQ(run_jailctl(daemon, {"logs", "-f", "--until", "1h", "web"}).code, ExitCode::usage);
}

TEST(Logs, TimestampsAndJson) {
  const FakeDaemon daemon(lines);
  EXPECT_TRUE(contains(run_jailctl(daemon, {"logs", "-t", "web"}).out, "2026-01-31T12:00:00.000Z command from web\n"));
  const Said said = run_jailctl(daemon, {"logs", "-o", "json", "web"});
  const auto first = nlohmann::json::parse(said.out.substr(0, said.out.find('\n')));
  EXPECT_EQ(first["jail"], "web");
  EXPECT_EQ(first["start"], 17);
}

TEST(Logs, ATerminalIsNotDrivenByAJail) {
  const FakeDaemon daemon([](const FakeRequest&) {
    return FakeReply{200,
                     object("a\xc2\x9b"
                            "2Jb"),
                     {}};
  });
  EXPECT_TRUE(contains(run_jailctl(daemon, {"logs", "web"}, {.tty = true}).out, "a\\u{009b}2Jb\n"));
}

TEST(Logs, FailuresAreTold) {
  const FakeDaemon unknown([](const FakeRequest&) { return problem_reply({Kind::not_found, "no jail", 0, {}}); });
  EXPECT_EQ(run_jailctl(unknown, {"logs", "web"}).code, ExitCode::unknown_jail);
  const FakeDaemon torn([](const FakeRequest&) {
    FakeReply reply{200, object("half"), {}};
    reply.truncated = true;
    return reply;
  });
  EXPECT_NE(run_jailctl(torn, {"logs", "web"}).code, ExitCode::ok);
}

}  // namespace
}  // namespace jaild::client
