// status, ls, history, version: what only looks.
#include <gtest/gtest.h>

#include "tests/unit/client/harness.h"

namespace jaild::client {
namespace {

using nlohmann::json;
using test::FakeDaemon;
using test::FakeRequest;
using Calls = std::vector<std::string>;

FakeDaemon::Answer one_jail(const json& object) {
  return [object](const FakeRequest& request) {
    if (contains(request.target, "/usage"))
      return json_reply(200, {{"resources", {{"memoryuse", 536870912}, {"maxproc", 12}}}});
    return jail_reply(200, object);
  };
}

TEST(Status, ExitCodeTellsHowTheJailIs) {
  json unready = jail("web");
  unready["status"]["ready"] = false;
  const FakeDaemon ready(one_jail(jail("web")));
  const FakeDaemon not_ready(one_jail(unready));
  const FakeDaemon stopped(one_jail(jail("web", "stopped")));
  const FakeDaemon unknown(
      [](const FakeRequest&) { return problem_reply({Kind::not_found, "web: no such jail", 0, {}}); });
  EXPECT_EQ(run_jailctl(ready, {"status", "web"}).code, ExitCode::ok);
  EXPECT_EQ(run_jailctl(not_ready, {"status", "web"}).code, ExitCode::not_ready);
  EXPECT_EQ(run_jailctl(stopped, {"status", "web"}).code, ExitCode::not_running);
  EXPECT_EQ(run_jailctl(unknown, {"status", "web"}).code, ExitCode::unknown_jail);
}

TEST(Status, ShowsEverythingThatIsKnown) {
  json object = jail("web");
  object["generation"] = 4;
  object["spec"]["cpuset"] = "0-1";
  json& status = object["status"];
  status["reason"] = "health check failed";
  status["ready"] = false;
  status["restarts"] = 2;
  status["last_exit"] = {{"at", "2026-01-31T11:59:00Z"}, {"signal", "SIGSEGV"}};
  status["next_try_at"] = "2026-01-31T12:00:05Z";
  status["pending"] = {"cpuset"};
  status["drift"] = {"securelevel"};
  status["dying_since"] = "2026-01-31T11:58:00Z";
  status["steps"] = {{{"step", "mount"}, {"command", "/dev"}, {"ok", true}, {"seconds", 0.001}},
                     {{"step", "exec.start"}, {"ok", false}, {"error", "exited with 1"}}};
  const FakeDaemon daemon(one_jail(object));
  const Said said = run_jailctl(daemon, {"status", "web"});
  for (const char* part :
       {"web\n", "state       running, not ready\n", "reason      health check failed\n", "desired     running\n",
        "jid         7\n", "generation  4, running with 3\n", "up          ", "since 2026-01-31T12:00:00Z\n",
        "restarts    2\n", "last exit   SIGSEGV, ", "next try    in ",
        "pending     in force after `jailctl restart web`: cpuset\n", "drift       securelevel\n",
        "dying since 2026-01-31T11:58:00Z\n", "cpuset      0-1\n", "memoryuse  512M  deny=2g\n", "maxproc    12    -\n",
        "    ok   mount  /dev\n", "    FAIL exec.start: exited with 1\n"}) {
    EXPECT_TRUE(contains(said.out, part)) << part << "\n" << said.out;
  }
}

TEST(Status, SaysWhatIsLostOfTheLog) {
  const auto shown = [](const json& lost, const json& error) {
    json object = jail("web");
    if (!lost.is_null()) object["status"]["log_lines_lost"] = lost;
    if (!error.is_null()) object["status"]["log_error"] = error;
    return run_jailctl(FakeDaemon(one_jail(object)), {"status", "web"}).out;
  };
  EXPECT_TRUE(contains(shown(12, nullptr), "  log         12 lines lost since it started\n"));
  EXPECT_TRUE(contains(shown(1, "No space left on device"),
                       "  log         cannot be written: No space left on device; 1 line lost since it started\n"));
  EXPECT_TRUE(contains(shown(nullptr, "Read-only file system"), "  log         cannot be written: Read-only file"));
  EXPECT_FALSE(contains(shown(nullptr, nullptr), "  log "));
  EXPECT_FALSE(contains(shown("many", 7), "lines lost"));
}

TEST(Status, ShowsLimitsOfAStoppedJailWithoutAskingForUsage) {
  const FakeDaemon daemon(one_jail(jail("web", "stopped")));
  EXPECT_TRUE(contains(run_jailctl(daemon, {"status", "web"}).out, "memoryuse  -     deny=2g"));
  EXPECT_EQ(daemon.calls(), Calls{"GET /jails/web"});
}

TEST(Status, SurvivesAnObjectOfAnyShape) {
  for (const json& odd : {json::object(), json::array({1, 2}), json(7), json{{"status", 7}, {"spec", {{"rctl", 7}}}},
                          json{{"status", {{"steps", {1, json::array()}}, {"state", 7}, {"started_at", "x"}}}}}) {
    const FakeDaemon daemon([&](const FakeRequest&) { return json_reply(200, odd); });
    EXPECT_EQ(run_jailctl(daemon, {"status", "web"}).code, ExitCode::not_running) << odd;
    EXPECT_NO_THROW(run_jailctl(daemon, {"ls"})) << odd;
    EXPECT_NO_THROW(run_jailctl(daemon, {"history", "web"})) << odd;
  }
}

TEST(Status, JsonHasTheObjectsAsTheyCame) {
  const FakeDaemon daemon(one_jail(jail("web")));
  EXPECT_EQ(json::parse(run_jailctl(daemon, {"status", "web", "-o", "json"}).out), (json{{"items", {jail("web")}}}));
  EXPECT_EQ(json::parse(run_jailctl(daemon, {"inspect", "web"}).out), (json{{"items", {jail("web")}}}));
  EXPECT_EQ(json::parse(run_jailctl(daemon, {"export", "web", "-o", "json"}).out), (json{{"items", {jail("web")}}}));
}

json numbered(int from, int count) {
  json items = json::array();
  for (int number = from; number < from + count; ++number) items.push_back(jail("j" + std::to_string(number)));
  return items;
}

TEST(Ls, PagesThroughMoreThanAThousandJails) {
  const FakeDaemon daemon([](const FakeRequest& request) {
    if (request.target == "/jails?limit=1000") return json_reply(200, {{"items", numbered(1000, 1000)}, {"event", 5}});
    return json_reply(200, {{"items", numbered(2000, 500)}, {"event", 9}});
  });
  const Said names = run_jailctl(daemon, {"ls", "-q"});
  EXPECT_EQ(std::count(names.out.begin(), names.out.end(), '\n'), 1500);
  EXPECT_EQ(daemon.calls(), (Calls{"GET /jails?limit=1000", "GET /jails?limit=1000&after=j1999"}));
  const json all = json::parse(run_jailctl(daemon, {"ls", "-o", "json"}).out);
  EXPECT_EQ(all["items"].size(), 1500U);
  EXPECT_EQ(all["event"], 5);
}

TEST(Ls, EndsWithADaemonThatRepeatsItsPage) {
  const FakeDaemon daemon([](const FakeRequest&) { return json_reply(200, {{"items", numbered(1000, 1000)}}); });
  EXPECT_EQ(run_jailctl(daemon, {"ls", "-q"}).code, ExitCode::ok);
  EXPECT_EQ(daemon.calls().size(), 2U);
}

TEST(Ls, PassesItsFiltersOn) {
  const FakeDaemon daemon([](const FakeRequest&) { return json_reply(200, {{"items", json::array()}}); });
  run_jailctl(daemon, {"ls", "--label", "tier=a b", "--state", "failed"});
  EXPECT_EQ(daemon.calls(), Calls{"GET /jails?label=tier%3Da%20b&state=failed&limit=1000"});
}

TEST(Ls, SortsByWhatIsAskedFor) {
  json old = jail("old");
  old["status"]["started_at"] = "2026-01-01T00:00:00Z";
  json crashed = jail("crashed");
  crashed["status"]["restarts"] = 12;
  const FakeDaemon daemon(
      [&](const FakeRequest&) { return json_reply(200, {{"items", {jail("off", "stopped"), crashed, old}}}); });
  const auto names = [&](const char* by) { return run_jailctl(daemon, {"list", "-a", "-q", "--sort", by}).out; };
  EXPECT_EQ(names("name"), "crashed\noff\nold\n");
  EXPECT_EQ(names("uptime"), "old\ncrashed\noff\n");
  EXPECT_EQ(names("restarts"), "crashed\noff\nold\n");
  EXPECT_EQ(names("state"), "crashed\nold\noff\n");
  EXPECT_EQ(run_jailctl(daemon, {"ls", "--sort", "size"}).code, ExitCode::usage);
}

TEST(Ps, ShowsTheProcesses) {
  const FakeDaemon daemon([](const FakeRequest&) {
    return json_reply(
        200,
        {{"items", {{{"pid", 4711}, {"ppid", 4710}, {"user", "www"}, {"command", "nginx: worker"}}, {{"pid", 4712}}}}});
  });
  EXPECT_EQ(run_jailctl(daemon, {"ps", "web"}).out,
            "PID   PPID  USER  COMMAND\n4711  4710  www   nginx: worker\n4712  -     -     -\n");
  EXPECT_EQ(daemon.calls(), Calls{"GET /jails/web/processes"});
}

TEST(Ls, PrintsATable) {
  json failed = jail("db", "failed");
  failed["status"]["reason"] = "gave up after 5 starts";
  failed["spec"]["params"]["ip4.addr"] = {"em0|203.0.113.5/24", "em0|203.0.113.6/32"};
  failed["spec"]["params"]["ip6.addr"] = "2001:db8::5";
  const FakeDaemon daemon([&](const FakeRequest&) { return json_reply(200, {{"items", {failed, jail("web")}}}); });
  const Said said = run_jailctl(daemon, {"ls"});
  EXPECT_EQ(said.out.substr(0, said.out.find("web")),
            "NAME  STATE    READY  JID  ADDRESS         UPTIME   RESTARTS  REASON\n"
            "db    failed   -      -    203.0.113.5 +2  -        0         gave up after 5 starts\n")
      << said.out;
  EXPECT_TRUE(contains(said.out, "web   running  yes    7    -  ")) << said.out;
}

TEST(History, NamesWhatChanged) {
  json second = jail("web")["spec"];
  second["params"]["path"] = "/other";
  second["rctl"] = json::array();
  second["labels"]["tier"] = "web";
  const FakeDaemon daemon([&](const FakeRequest&) {
    return json_reply(
        200, {{"items",
               {{{"generation", 2}, {"at", "2026-01-02T00:00:00Z"}, {"by", "uid 0"}, {"spec", second}},
                {{"generation", 1}, {"at", "2026-01-01T00:00:00Z"}, {"by", "uid 0"}, {"spec", jail("web")["spec"]}}}}});
  });
  EXPECT_EQ(run_jailctl(daemon, {"history", "web"}).out,
            "GENERATION  AT                    BY     CHANGED\n"
            "1           2026-01-01T00:00:00Z  uid 0  -\n"
            "2           2026-01-02T00:00:00Z  uid 0  labels.tier, path, rctl\n");
}

TEST(History, FollowsThePages) {
  const FakeDaemon daemon([&](const FakeRequest& request) {
    const auto version = [](int n) {
      return json{{"generation", n}, {"at", "2026-01-01T00:00:00Z"}, {"by", "uid 0"}, {"spec", jail("web")["spec"]}};
    };
    if (request.target.ends_with("after=2")) return json_reply(200, {{"items", {version(3)}}});
    return json_reply(200, {{"items", {version(1), version(2)}}, {"next", 2}});
  });
  const Said said = run_jailctl(daemon, {"history", "web", "-o", "json"});
  EXPECT_EQ(daemon.calls(), (Calls{"GET /jails/web/history", "GET /jails/web/history?after=2"}));
  const json all = json::parse(said.out);
  EXPECT_EQ(all["items"].size(), 3U);
  EXPECT_FALSE(all.contains("next"));
}

TEST(Ls, FollowsAPageThatIsShort) {
  const FakeDaemon daemon([](const FakeRequest& request) {
    if (request.target.find("after=db") != std::string::npos) return json_reply(200, {{"items", {jail("web")}}});
    return json_reply(200, {{"items", {jail("db")}}, {"next", "db"}});
  });
  EXPECT_TRUE(contains(run_jailctl(daemon, {"ls"}).out, "web"));
  EXPECT_EQ(daemon.calls().size(), 2U);
}

TEST(Version, ShowsBothSides) {
  const FakeDaemon daemon([](const FakeRequest&) { return json_reply(200, {{"version", "9.8.7"}}); });
  const Said said = run_jailctl(daemon, {"version"});
  EXPECT_EQ(said.out, "jailctl " JAILD_VERSION "\njaild   9.8.7\n");
  EXPECT_EQ(json::parse(run_jailctl(daemon, {"version", "-o", "json"}).out)["daemon"]["version"], "9.8.7");
}

}  // namespace
}  // namespace jaild::client
