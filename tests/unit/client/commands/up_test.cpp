#include <algorithm>
#include <chrono>
#include <fstream>

#include <gtest/gtest.h>

#include "tests/fakes/temporary_directory.h"
#include "tests/unit/client/harness.h"

namespace jaild::client {
namespace {

using nlohmann::json;
using test::FakeDaemon;
using test::FakeReply;
using test::FakeRequest;

json step(const char* name, bool ok = true) {
  json step{{"step", name}, {"command", std::string("/bin/") + name}, {"ok", ok}, {"seconds", 0.2}};
  if (!ok) step["error"] = "exited with 1";
  return step;
}

// Answers POST with the first object and every GET with the next one, the last again and again.
FakeDaemon::Answer in_order(std::vector<json> objects, int post_status = 202, bool quiet = false) {
  const auto answer = [objects = std::move(objects), at = std::size_t{0},
                       post_status](const FakeRequest& request) mutable {
    if (request.method != "GET") return jail_reply(post_status, objects.front());
    at = std::min(at + 1, objects.size() - 1);
    return jail_reply(200, objects[at]);
  };
  return followed(answer, quiet);
}

json starting(std::vector<json> steps) {
  json object = jail("web", "starting");
  object["status"]["steps"] = steps;
  return object;
}

TEST(Up, WaitsUntilReadyAndSaysSoInOneLine) {
  json unready = jail("web");
  unready["status"]["ready"] = false;
  const FakeDaemon daemon(in_order({starting({}), starting({step("mount")}), unready, jail("web")}));
  const Said said = run_jailctl(daemon, {"up", "web"});
  EXPECT_EQ(said.code, ExitCode::ok);
  EXPECT_EQ(said.out, "web: running, jid 7, ready\n");
  EXPECT_EQ(said.err, "");
  EXPECT_EQ(daemon.calls().front(), "POST /jails/web/start");
}

TEST(Up, ShowsEachStepOnceOnATerminal) {
  json done = jail("web");
  done["status"]["steps"] = {step("mount"), step("exec.start")};
  json before = jail("web", "stopped");
  before["desired"] = "running";
  before["status"]["steps"] = {step("exec.stop")};
  const FakeDaemon daemon(in_order({before, before, starting({step("mount")}), starting({step("mount")}), done}));
  const Said said = run_jailctl(daemon, {"up", "web"}, {.tty = true, .utf8 = true, .environment = {{"NO_COLOR", "1"}}});
  EXPECT_EQ(said.err, "web\n  ✓ mount  /bin/mount  0.2s\n  ✓ exec.start  /bin/exec.start  0.2s\n");
  EXPECT_EQ(said.out, "web: running, jid 7, ready\n");
}

TEST(Up, ShowsWhatABlockedJailWaitsFor) {
  json blocked = jail("web", "blocked");
  blocked["status"]["reason"] = "waits for db, which is starting";
  const auto answer = in_order({blocked, blocked, jail("web")});
  const FakeDaemon on_terminal(answer);
  const Said said = run_jailctl(on_terminal, {"up", "web"}, {.tty = true, .environment = {{"NO_COLOR", "1"}}});
  EXPECT_EQ(said.err, "web\n  waits for db, which is starting\n");
  const FakeDaemon elsewhere(answer);
  EXPECT_EQ(run_jailctl(elsewhere, {"up", "web"}).err, "jailctl: web: waits for db, which is starting\n");
}

// A path that is not there, a bridge: no event tells of it, and nobody but a person helps.
TEST(Up, WhatTheHostLacksEndsTheWait) {
  json blocked = jail("web", "blocked");
  blocked["status"]["reason"] = "is about to start";
  json lacking = blocked;
  lacking["status"]["reason"] = "path: /jail/web is not there";
  lacking["status"]["next_try_at"] = "2026-02-01T00:00:00Z";
  const FakeDaemon daemon(in_order({blocked, blocked, lacking}, 202, true));
  const Said said = run_jailctl(daemon, {"up", "web"});
  EXPECT_EQ(said.code, ExitCode::failed);
  EXPECT_TRUE(said.err.starts_with("jailctl: web: cannot start: path: /jail/web is not there; ")) << said.err;
  EXPECT_EQ(std::count(said.err.begin(), said.err.end(), '\n'), 1) << said.err;
}

TEST(Up, ADependencyThatFailedEndsTheWait) {
  json web = jail("web", "blocked");
  web["status"]["reason"] = "waits for db, which is failed";
  web["spec"]["params"]["depend"] = {"db"};
  json db = jail("db", "failed");
  db["status"]["reason"] = "exec.start: exited with 1";
  const FakeDaemon daemon(followed(
      [&](const FakeRequest& request) {
        return jail_reply(request.method == "GET" ? 200 : 202, contains(request.target, "/db") ? db : web);
      },
      true));
  const Said said = run_jailctl(daemon, {"up", "web"});
  EXPECT_EQ(said.code, ExitCode::failed);
  EXPECT_EQ(said.err,
            "jailctl: web: cannot start: waits for db, which is failed: exec.start: exited with 1; `jailctl status db` "
            "shows every step, `jailctl up db` tries it again\n");
}

// Each is asked for once, and then all are looked at together.
TEST(Up, ManyJailsAreOneWait) {
  std::vector<std::string> arguments{"up"};
  json items = json::array();
  for (int number = 0; number < 100; ++number) {
    arguments.push_back("j" + std::to_string(number));
    items.push_back(jail(arguments.back()));
  }
  const FakeDaemon daemon(followed([&](const FakeRequest& request) {
    if (request.method == "GET") return json_reply(200, {{"items", items}, {"event", 7}});
    return jail_reply(202, jail(request.target.substr(7, request.target.rfind('/') - 7), "starting"));
  }));
  const Said said = run_jailctl(daemon, arguments);
  EXPECT_EQ(said.code, ExitCode::ok) << said.err;
  EXPECT_EQ(std::count(said.out.begin(), said.out.end(), '\n'), 100);
  EXPECT_EQ(daemon.calls().size(), 102U) << "100 starts, the number of the last event, one look at all";
}

// A stop's event is told a little before the state: the look that comes too early is not the last one.
TEST(Up, AStateThatFollowsItsEventLateIsSeen) {
  const FakeDaemon daemon(in_order({starting({}), starting({}), starting({}), jail("web")}, 202, true));
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(run_jailctl(daemon, {"up", "web"}).code, ExitCode::ok);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10)) << "before the next sign of life";
}

TEST(Up, ADaemonThatGoesAwayEndsTheWait) {
  const FakeDaemon daemon([&](const FakeRequest& request) {
    if (request.method == "POST") return jail_reply(202, starting({}));
    return FakeReply{.status = 200, .body = "x", .truncated = true};
  });
  const Said said = run_jailctl(daemon, {"up", "web"});
  EXPECT_EQ(said.code, ExitCode::unreachable) << said.err;
}

TEST(Up, AFailedStartNamesStepReasonAndWhatIsNext) {
  json failed = jail("web", "backoff");
  failed["status"]["reason"] = "exec.start failed";
  failed["status"]["next_try_at"] = "2026-02-01T00:00:00Z";
  failed["status"]["steps"] = {step("mount"), step("exec.start", false)};
  const FakeDaemon daemon(in_order({starting({}), failed}));
  const Said said = run_jailctl(daemon, {"up", "web"});
  EXPECT_EQ(said.code, ExitCode::failed);
  EXPECT_EQ(said.err,
            "jailctl: web: did not start: exec.start failed; failed at exec.start (/bin/exec.start): exited with 1; "
            "tried again at "
            "2026-02-01T00:00:00Z, `jailctl down web` ends that; `jailctl logs web` shows what it printed, "
            "`jailctl status web` shows every step\n");
}

TEST(Up, WhatTheReasonSaysIsNotSaidAgain) {
  json failed = jail("web", "failed");
  failed["status"]["reason"] = "exec.start (/bin/exec.start): exited with 1";
  failed["status"]["steps"] = json::array({step("exec.start", false)});
  const FakeDaemon daemon(in_order({starting({}), failed}));
  EXPECT_EQ(
      run_jailctl(daemon, {"up", "web"}).err,
      "jailctl: web: did not start: exec.start (/bin/exec.start): exited with 1; `jailctl logs web` shows what it "
      "printed, `jailctl status web` shows every step\n");
}

TEST(Up, ACommandThatRanAndEndedWellIsASuccess) {
  json ended = jail("web", "stopped");
  ended["desired"] = "running";
  ended["status"]["last_exit"] = {{"at", "2026-02-01T00:00:00Z"}, {"code", 0}, {"reason", "command exited with 0"}};
  const FakeDaemon daemon(in_order({starting({}), ended}));
  const Said said = run_jailctl(daemon, {"up", "web"});
  EXPECT_EQ(said.code, ExitCode::ok);
  EXPECT_EQ(said.out, "web: ran and ended: command exited with 0\n");
}

TEST(Up, TimesOutWith124) {
  const FakeDaemon daemon(in_order({starting({})}, 202, true));
  const Said said = run_jailctl(daemon, {"up", "web", "--timeout", "1"});
  EXPECT_EQ(said.code, ExitCode::timed_out);
  EXPECT_TRUE(contains(said.err, "still starting")) << said.err;
  EXPECT_LT(daemon.calls().size(), 20U);
}

TEST(Up, NoticesThatSomebodyStoppedItMeanwhile) {
  const FakeDaemon daemon(in_order({starting({}), jail("web", "stopping")}));
  EXPECT_EQ(run_jailctl(daemon, {"up", "web"}).code, ExitCode::conflict);
}

TEST(Up, DoesNotWaitWhenToldSo) {
  const FakeDaemon daemon(in_order({starting({})}));
  const Said said = run_jailctl(daemon, {"up", "web", "--no-wait"});
  EXPECT_EQ(said.code, ExitCode::ok);
  EXPECT_EQ(said.out, "web: starting\n");
  EXPECT_EQ(daemon.calls().size(), 1U);
}

TEST(Up, GivesTheObjectAsJson) {
  const FakeDaemon daemon(in_order({jail("web")}, 200));
  const Said one = run_jailctl(daemon, {"up", "web", "-o", "json"});
  EXPECT_EQ(json::parse(one.out)["items"], json::array({jail("web")})) << "the shape does not depend on the number";
  const Said two = run_jailctl(daemon, {"-o", "json", "up", "web", "web"});
  EXPECT_EQ(json::parse(two.out)["items"], json({jail("web"), jail("web")}));
}

// What ls, status and export gave, edited or not; what jaild only shows is left out.
TEST(Up, TakesBackWhatJailctlPrinted) {
  const tests::TemporaryDirectory directory;
  const std::string file = (directory.path() / "all.json").string();
  const json foreign{{"name", "other"}, {"status", {{"state", "foreign"}, {"jid", 9}}}};
  std::ofstream(file) << json{{"items", {foreign, jail("web", "stopped"), jail("db")}}, {"event", 12}};
  std::vector<json> bodies;
  const FakeDaemon daemon([&](const FakeRequest& request) {
    if (request.method == "PUT") bodies.push_back(json::parse(request.body));
    return jail_reply(200, jail("web"));
  });
  const Said said = run_jailctl(daemon, {"up", "--no-wait", "-f", file});
  EXPECT_EQ(said.code, ExitCode::ok) << said.err;
  ASSERT_EQ(bodies.size(), 2U);
  for (const json& body : bodies) {
    EXPECT_FALSE(body.contains("status") || body.contains("generation")) << body;
    EXPECT_TRUE(body.contains("spec")) << body;
  }
}

TEST(Up, OneFailureDoesNotKeepTheOthersFromStarting) {
  const FakeDaemon daemon([](const FakeRequest& request) {
    if (contains(request.target, "/a/")) return problem_reply({Kind::conflict, "a: busy", 0, {}});
    return jail_reply(200, jail("b"));
  });
  const Said said = run_jailctl(daemon, {"up", "a", "b"});
  EXPECT_EQ(said.code, ExitCode::conflict);
  EXPECT_EQ(said.err, "jailctl: a: busy\n");
  EXPECT_EQ(said.out, "b: running, jid 7, ready\n");
}

TEST(Up, ADryRunPrintsEveryStepAndChangesNothing) {
  const json plan{{"items",
                   {{{"jail", "db"}, {"action", "start"}, {"fields", json::array()}, {"steps", {step("jail_set")}}},
                    {{"jail", "web"},
                     {"action", "start"},
                     {"fields", json::array()},
                     {"steps", {step("mount"), step("exec.start")}}}}}};
  const FakeDaemon daemon([&](const FakeRequest&) { return json_reply(200, plan); });
  const Said said = run_jailctl(daemon, {"up", "-n", "web"});
  EXPECT_EQ(said.code, ExitCode::ok);
  EXPECT_EQ(said.out,
            "db: start\n  jail_set  /bin/jail_set\nweb: start\n  mount  /bin/mount\n  exec.start  /bin/exec.start\n");
  EXPECT_EQ(daemon.calls(), std::vector<std::string>{"POST /jails/web/start?dry_run=1"});
  EXPECT_EQ(json::parse(run_jailctl(daemon, {"up", "-n", "web", "-o", "json"}).out), plan);
}

class UpFile : public testing::Test {
 protected:
  Said up(const std::string& text, std::vector<std::string> more = {}) {
    const std::string path = daemon_.directory() + "/jails.json";
    std::ofstream(path) << text;
    std::vector<std::string> arguments{"up", "-f", path};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_jailctl(daemon_, arguments);
  }

  FakeDaemon daemon_{[this](const FakeRequest& request) {
    if (refusal_ && request.method == "PUT") return problem_reply(*refusal_);
    if (contains(request.target, "dry_run")) {
      return json_reply(200, {{"items", {{{"jail", "a"}, {"action", "create"}}}}});
    }
    const std::string name = request.target.substr(7, 1);
    const bool stopped = contains(request.body, "\"stopped\"");
    const bool put = request.method == "PUT";
    return jail_reply(put && !known_ ? 201 : 200, jail(name, stopped ? "stopped" : put ? declared_as_ : "running"));
  }};
  std::optional<Error> refusal_;
  bool known_ = false;                   // the jails are declared already
  std::string declared_as_ = "running";  // the state after the declaration
};

constexpr const char* spec_text = R"("spec":{"params":{"path":"/j","persist":true}})";

TEST_F(UpFile, DeclaresAndStartsDependenciesFirst) {
  const Said said = up(R"({"jails":[{"name":"a","spec":{"params":{"path":"/j","persist":true,"depend":["b"]}}},
                                    {"name":"b",)" +
                       std::string(spec_text) + "}]}");
  EXPECT_EQ(said.code, ExitCode::ok) << said.err;
  EXPECT_EQ(daemon_.calls(), (std::vector<std::string>{"PUT /jails/b", "PUT /jails/a"}));
  EXPECT_EQ(daemon_.request("PUT /jails/b").headers.at("content-type"), "application/json");
  EXPECT_EQ(said.out, "b: running, jid 7, ready\na: running, jid 7, ready\n");
}

TEST_F(UpFile, TakesOneObjectAListAndStandardInput) {
  const std::string one = "{\"name\":\"a\"," + std::string(spec_text) + "}";
  EXPECT_EQ(up(one).code, ExitCode::ok);
  EXPECT_EQ(up("[" + one + "]").code, ExitCode::ok);
  EXPECT_EQ(run_jailctl(daemon_, {"up", "-f", "-"}, {.input = one}).code, ExitCode::ok);
  EXPECT_EQ(daemon_.calls().size(), 3U);
}

// The declaration starts a new jail and one in backoff; a second start would run the hooks of one that failed once
// more.
TEST_F(UpFile, StartsNothingTwice) {
  const std::string one = "{\"name\":\"a\"," + std::string(spec_text) + "}";
  EXPECT_EQ(up(one).code, ExitCode::ok);
  EXPECT_EQ(daemon_.calls(), std::vector<std::string>{"PUT /jails/a"});
  known_ = true;
  EXPECT_EQ(up(one).code, ExitCode::ok);
  EXPECT_EQ(daemon_.calls(), (std::vector<std::string>{"PUT /jails/a", "PUT /jails/a", "POST /jails/a/start"}));
  declared_as_ = "failed";
  EXPECT_EQ(up(one).code, ExitCode::ok);
  EXPECT_EQ(daemon_.calls().back(), "POST /jails/a/start");
  EXPECT_EQ(daemon_.calls().size(), 5U);
}

TEST_F(UpFile, OnlyWaitsForWhatItsDeclarationBegan) {
  known_ = true;
  declared_as_ = "starting";
  EXPECT_EQ(up("{\"name\":\"a\"," + std::string(spec_text) + "}", {"--no-wait"}).code, ExitCode::ok);
  EXPECT_EQ(daemon_.calls(), std::vector<std::string>{"PUT /jails/a"});
}

TEST_F(UpFile, LeavesAJailStoppedThatSaysSo) {
  const Said said = up("{\"name\":\"a\",\"desired\":\"stopped\"," + std::string(spec_text) + "}");
  EXPECT_EQ(said.code, ExitCode::ok);
  EXPECT_EQ(daemon_.calls(), std::vector<std::string>{"PUT /jails/a"});
  EXPECT_EQ(said.out, "a: declared, generation 3, not to be started\n");
}

TEST_F(UpFile, ReportsEveryMistakeWithItsPlaceBeforeAnythingIsAsked) {
  const Said said = up(
      "[\n  {\"name\": \"a\", \"spec\": {\"priority\": 1000, \"cpuset\": 7}},\n  {\"name\": \"b\", \"sepc\": {}}\n]");
  EXPECT_EQ(said.code, ExitCode::usage);
  EXPECT_TRUE(daemon_.calls().empty());
  for (const char* part :
       {"jails.json:2:38: /0/spec/priority: ", "jails.json:2:54: /0/spec/cpuset: ", "jails.json:3:25: /1/sepc: "}) {
    EXPECT_TRUE(contains(said.err, part)) << part << "\n" << said.err;
  }
}

TEST_F(UpFile, ReportsBrokenJsonWithLineAndColumn) {
  const Said said = up("{\n  \"name\": \"a\",,\n}");
  EXPECT_EQ(said.code, ExitCode::usage);
  EXPECT_TRUE(contains(said.err, "jails.json:2:15: ")) << said.err;
  EXPECT_TRUE(daemon_.calls().empty());
}

TEST_F(UpFile, RefusesTheSameNameTwiceUnknownFieldsAndEmptyFiles) {
  const std::string one = "{\"name\":\"a\"," + std::string(spec_text) + "}";
  EXPECT_TRUE(contains(up("[" + one + "," + one + "]").err, "twice"));
  EXPECT_TRUE(contains(up("{\"jails\":[" + one + "],\"prune\":true}").err, "/prune"));
  EXPECT_EQ(up("[]").code, ExitCode::usage);
  EXPECT_EQ(up("").code, ExitCode::usage);
  EXPECT_EQ(up("7").code, ExitCode::usage);  // read as a jail.conf
  EXPECT_TRUE(daemon_.calls().empty());
}

TEST_F(UpFile, LocatesWhatOnlyTheDaemonFinds) {
  refusal_ = Error{Kind::invalid, "refused", 0, {{"/spec/params/path", "no such directory"}}};
  const Said said = up("[\n {\"name\":\"a\",\n" + std::string(spec_text) + "}]");
  EXPECT_EQ(said.code, ExitCode::failed);
  EXPECT_TRUE(contains(said.err, "jails.json:3:26: /0/spec/params/path: no such directory")) << said.err;
  EXPECT_EQ(daemon_.calls(), std::vector<std::string>{"PUT /jails/a"});
}

TEST_F(UpFile, ADryRunDeclaresNothing) {
  const Said said = up("{\"name\":\"a\"," + std::string(spec_text) + "}", {"-n"});
  EXPECT_EQ(said.out, "a: create\n");
  EXPECT_EQ(daemon_.calls(), std::vector<std::string>{"PUT /jails/a?dry_run=1"});
}

TEST_F(UpFile, AMissingFileIsNamed) {
  const Said said = run_jailctl(daemon_, {"up", "-f", "/nonexistent.json"});
  EXPECT_EQ(said.code, ExitCode::failed);
  EXPECT_TRUE(contains(said.err, "/nonexistent.json: No such file")) << said.err;
}

}  // namespace
}  // namespace jaild::client
