// down, restart, adopt and rm: what ends an incarnation of a jail.
#include <gtest/gtest.h>

#include <set>

#include "tests/unit/client/harness.h"

namespace jaild::client {
namespace {

using nlohmann::json;
using test::FakeDaemon;
using test::FakeRequest;
using Calls = std::vector<std::string>;

TEST(Down, WaitsUntilStopped) {
  const FakeDaemon daemon(followed([](const FakeRequest& request) {
    return request.method == "POST" ? jail_reply(202, jail("web", "stopping"))
                                    : jail_reply(200, jail("web", "stopped"));
  }));
  const Said said = run_jailctl(daemon, {"down", "web"});
  EXPECT_EQ(said.code, ExitCode::ok);
  EXPECT_EQ(said.out, "web: stopped\n");
  EXPECT_EQ(daemon.calls(), (Calls{"POST /jails/web/stop", "GET /jails?limit=1", "GET /jails/web"}));
}

TEST(Down, SaysThatTheKernelStillHoldsADyingJail) {
  json dying = jail("web", "stopped");
  dying["status"]["dying_since"] = "2026-02-01T00:00:00Z";
  const FakeDaemon daemon([&](const FakeRequest&) { return jail_reply(200, dying); });
  EXPECT_EQ(run_jailctl(daemon, {"down", "web"}).out, "web: stopped; the kernel still holds the former jail (dying)\n");
}

TEST(Down, AllStopsWhatJaildKeepsUpAndNoForeignJail) {
  json crashed = jail("crashed", "failed");
  json foreign{{"name", "foreign"}, {"status", {{"state", "foreign"}}}};
  const FakeDaemon daemon([&](const FakeRequest& request) {
    if (request.method == "GET" && request.target == "/jails?limit=1000") {
      return json_reply(200, {{"items", {crashed, foreign, jail("off", "stopped"), jail("web")}}});
    }
    return jail_reply(200, jail(contains(request.target, "web") ? "web" : "crashed", "stopped"));
  });
  const Said said = run_jailctl(daemon, {"down", "--all"});
  EXPECT_EQ(said.code, ExitCode::ok) << said.err;
  EXPECT_EQ(daemon.calls(), (Calls{"GET /jails?limit=1000", "POST /jails/crashed/stop", "POST /jails/web/stop"}));
}

TEST(Down, AllOfNothingIsNoFailure) {
  const FakeDaemon daemon([](const FakeRequest&) { return json_reply(200, {{"items", json::array()}, {"event", 1}}); });
  EXPECT_EQ(run_jailctl(daemon, {"down", "--all"}).out, "no jail is running\n");
  EXPECT_EQ(json::parse(run_jailctl(daemon, {"down", "--all", "-o", "json"}).out), (json{{"items", json::array()}}));
}

TEST(All, IsWhatIsKeptUpForRestartAndAllForUp) {
  json crashed = jail("crashed", "failed");
  json foreign{{"name", "foreign"}, {"status", {{"state", "foreign"}}}};
  const FakeDaemon daemon([&](const FakeRequest& request) {
    if (contains(request.target, "/jails?")) {
      return json_reply(200, {{"items", {crashed, foreign, jail("off", "stopped"), jail("web")}}});
    }
    return json_reply(200, {{"items", json::array()}});
  });
  EXPECT_EQ(run_jailctl(daemon, {"restart", "--all", "-n"}).code, ExitCode::ok);
  EXPECT_EQ(daemon.calls(), (Calls{"GET /jails?limit=1000", "POST /jails/crashed/restart?dry_run=1",
                                   "POST /jails/web/restart?dry_run=1"}));
  for (const char* verb : {"up", "start"}) {
    EXPECT_EQ(run_jailctl(daemon, {verb, "--all", "-n"}).code, ExitCode::ok);
    const Calls calls = daemon.calls();
    EXPECT_EQ(Calls(calls.end() - 3, calls.end()),
              (Calls{"POST /jails/crashed/start?dry_run=1", "POST /jails/off/start?dry_run=1",
                     "POST /jails/web/start?dry_run=1"}));
  }
  for (const char* verb : {"up", "down", "start", "stop", "restart"}) {
    EXPECT_EQ(run_jailctl(daemon, {verb, "--all", "web"}).code, ExitCode::usage) << verb;
    EXPECT_EQ(run_jailctl(daemon, {verb}).code, ExitCode::usage) << verb;
  }
}

TEST(WaitVerb, PrintsTheCodeOfEachWhenItHasStopped) {
  json done = jail("done", "stopped");
  done["status"]["last_exit"] = {{"at", "2026-02-01T00:00:00Z"}, {"code", 3}};
  json killed = jail("web", "backoff");
  killed["status"]["last_exit"] = {{"at", "2026-02-01T00:00:00Z"}, {"signal", "SIGKILL"}};
  int looks = 0;
  const FakeDaemon daemon(followed([&](const FakeRequest& request) {
    if (contains(request.target, "/done")) return jail_reply(200, done);
    if (contains(request.target, "/nosuch")) return problem_reply({Kind::not_found, "no", 0, {}});
    return jail_reply(200, ++looks < 3 ? jail("web") : killed);
  }));
  const Said said = run_jailctl(daemon, {"wait", "web", "done"});
  EXPECT_EQ(said.code, ExitCode::ok) << said.err;
  EXPECT_EQ(said.out, "137\n3\n");
  EXPECT_EQ(run_jailctl(daemon, {"wait", "nosuch"}).code, ExitCode::unknown_jail);
}

TEST(WaitVerb, AJailThatWasStoppedTells0) {
  int looks = 0;
  const FakeDaemon daemon(followed(
      [&](const FakeRequest&) { return jail_reply(200, ++looks < 3 ? jail("web") : jail("web", "stopped")); }));
  EXPECT_EQ(run_jailctl(daemon, {"wait", "web"}).out, "0\n");
}

TEST(WaitVerb, ItsTimeHasAnEnd) {
  const FakeDaemon daemon(followed([&](const FakeRequest&) { return jail_reply(200, jail("web")); }, true));
  EXPECT_EQ(run_jailctl(daemon, {"wait", "--timeout", "1", "web"}).code, ExitCode::timed_out);
}

TEST(Restart, IsDoneWhenAnotherIncarnationRuns) {
  int gets = 0;
  const FakeDaemon daemon(followed([&](const FakeRequest& request) {
    if (request.method == "POST") return jail_reply(202, jail("web"));
    json object = jail("web");
    if (++gets > 3) object["status"]["jid"] = 8;
    return jail_reply(200, object);
  }));
  const Said said = run_jailctl(daemon, {"restart", "web"});
  EXPECT_EQ(said.code, ExitCode::ok);
  EXPECT_EQ(said.out, "web: running, jid 8, ready\n");
}

TEST(Adopt, AsksForEachAndSaysWhatRunsNow) {
  const FakeDaemon daemon([&](const FakeRequest& request) {
    if (request.target == "/jails/mine/adopt") return problem_reply({Kind::conflict, "mine is jaild's own", 0, {}});
    return jail_reply(200, jail("web"));
  });
  const Said said = run_jailctl(daemon, {"adopt", "web"});
  EXPECT_EQ(said.code, ExitCode::ok) << said.err;
  EXPECT_EQ(said.out, "web: running, jid 7, ready\n");
  EXPECT_EQ(daemon.calls().front(), "POST /jails/web/adopt");
  EXPECT_EQ(run_jailctl(daemon, {"adopt", "mine"}).code, ExitCode::conflict);
}

// Knows the jail until it is deleted.
class Rm : public testing::Test {
 protected:
  FakeDaemon daemon_{followed([this](const FakeRequest& request) {
    if (request.method == "DELETE") {
      deleted_ = true;
      if (at_once_) return test::FakeReply{.status = 204};
      return jail_reply(202, jail("web", "stopping"));
    }
    if (deleted_ && ++gets_after_ > 1) return problem_reply({Kind::not_found, "web: no such jail", 0, {}});
    return jail_reply(200, jail("web", deleted_ ? "stopping" : state_));
  })};
  std::string state_ = "running";
  bool at_once_ = false;
  bool deleted_ = false;
  int gets_after_ = 0;
};

TEST_F(Rm, WaitsUntilTheJailIsForgotten) {
  const Said said = run_jailctl(daemon_, {"rm", "web"});
  EXPECT_EQ(said.code, ExitCode::ok) << said.err;
  EXPECT_EQ(said.out, "web: removed\n");
  EXPECT_EQ(calls_of(daemon_), (Calls{"DELETE /jails/web", "GET /jails/web", "GET /jails/web"}));
}

TEST_F(Rm, AsksOnATerminalBeforeARunningJail) {
  EXPECT_EQ(run_jailctl(daemon_, {"rm", "web"}, {.input = "n\n", .tty = true}).code, ExitCode::failed);
  EXPECT_EQ(run_jailctl(daemon_, {"rm", "web"}, {.input = "", .tty = true}).code, ExitCode::failed);
  EXPECT_FALSE(deleted_);
  at_once_ = true;
  const Said said = run_jailctl(daemon_, {"rm", "web"}, {.input = "y\n", .tty = true});
  EXPECT_EQ(said.code, ExitCode::ok);
  EXPECT_TRUE(contains(said.err, "[y/N]")) << said.err;
  EXPECT_TRUE(deleted_);
}

TEST_F(Rm, DoesNotAskWithYesOrForAStoppedJail) {
  at_once_ = true;
  for (const char* flag : {"-y", "-f", "--force"}) {
    deleted_ = false;
    EXPECT_FALSE(contains(run_jailctl(daemon_, {"rm", flag, "web"}, {.tty = true}).err, "[y/N]"));
    EXPECT_TRUE(deleted_);
  }
  deleted_ = false;
  state_ = "stopped";
  EXPECT_FALSE(contains(run_jailctl(daemon_, {"rm", "web"}, {.tty = true}).err, "[y/N]"));
  EXPECT_TRUE(deleted_);
}

TEST_F(Rm, OfAnUnknownJailIsExitCode4) {
  deleted_ = true;
  gets_after_ = 5;
  EXPECT_EQ(run_jailctl(daemon_, {"rm", "web"}, {.tty = true}).code, ExitCode::unknown_jail);
}

// Holds jaild's rule: no jail goes before its dependants and children.
TEST(RmOfSeveral, DependantsAndChildrenGoFirst) {
  std::set<std::string> left{"db", "other", "web", "web.sub"};
  const FakeDaemon daemon([&](const FakeRequest& request) {
    const std::string name = request.target.substr(std::string("/jails/").size());
    if (!left.contains(name)) return problem_reply({Kind::not_found, name + ": no such jail", 0, {}});
    json object = jail(name, "stopped");
    if (name == "web") object["spec"]["params"]["depend"] = json::array({"db"});
    if (request.method == "GET") return jail_reply(200, object);
    if ((name == "db" && left.contains("web")) || (name == "web" && left.contains("web.sub"))) {
      return problem_reply({Kind::conflict, name + " is needed", 0, {}});
    }
    left.erase(name);
    return test::FakeReply{.status = 204};
  });
  const Said said = run_jailctl(daemon, {"rm", "other", "db", "web", "nobody", "web.sub"});
  EXPECT_EQ(said.code, ExitCode::unknown_jail) << said.err;
  EXPECT_EQ(said.out, "other: removed\nweb.sub: removed\nweb: removed\ndb: removed\n");
  EXPECT_TRUE(contains(said.err, "nobody")) << said.err;
  EXPECT_TRUE(left.empty());
}

}  // namespace
}  // namespace jaild::client
