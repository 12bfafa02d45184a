// plan and apply: many jails of many files in one request.
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "tests/fakes/temporary_directory.h"
#include "tests/unit/client/harness.h"

namespace jaild::client {
namespace {

using nlohmann::json;
using test::FakeDaemon;
using test::FakeRequest;

json declared(const std::string& name, const std::string& set = "shop") {
  return {{"name", name}, {"spec", {{"params", {{"path", "/jail"}, {"persist", true}}}, {"labels", {{"set", set}}}}}};
}

class SetFilesTest : public testing::Test {
 protected:
  std::string write(const std::string& name, const json& content) { return write_text(name, content.dump()); }
  std::string write_text(const std::string& name, const std::string& content) {
    const std::string path = (directory_.path() / name).string();
    std::ofstream(path) << content;
    return path;
  }
  std::string folder() const { return directory_.path().string(); }

  tests::TemporaryDirectory directory_;
};

json change(const std::string& jail, const std::string& action) {
  return {{"jail", jail}, {"action", action}, {"fields", json::array()}, {"steps", json::array()}};
}

TEST_F(SetFilesTest, ADirectorysFilesGoIntoOneRequest) {
  write("a.json", declared("web"));
  write("b.json", {{"jails", {declared("db"), declared("mail")}}});
  write("notes.txt", "not a declaration");
  const FakeDaemon daemon([](const FakeRequest&) { return json_reply(200, {{"items", {change("web", "create")}}}); });
  const Said said = run_jailctl(daemon, {"plan", "-f", folder()});
  EXPECT_EQ(said.code, ExitCode::failed) << said.err;  // 1: there are changes
  const json body = json::parse(daemon.request("POST /plan").body);
  EXPECT_EQ(body["jails"].size(), 3U);
  EXPECT_EQ(body["jails"][0]["name"], "web");
}

TEST_F(SetFilesTest, PlansExitCodeIs0WhenThereIsNothingToDoAnd2ForMistakes) {
  const std::string good = write("a.json", declared("web"));
  const FakeDaemon daemon([](const FakeRequest&) { return json_reply(200, {{"items", json::array()}}); });
  EXPECT_EQ(run_jailctl(daemon, {"plan", "-f", good}).code, ExitCode::ok);
  const std::string bad = write("b.json", {{"name", "x"}, {"spec", {{"priority", "high"}}}});
  EXPECT_EQ(run_jailctl(daemon, {"plan", "-f", bad}).code, ExitCode::usage);
  EXPECT_EQ(run_jailctl(daemon, {"plan", "-f", folder() + "/none.json"}).code, ExitCode::usage);
  EXPECT_EQ(daemon.calls().size(), 1U);  // nothing was asked of the daemon for the two bad ones
}

TEST_F(SetFilesTest, MistakesOfAllFilesAreSaidAtOnce) {
  write("a.json", {{"name", "x"}, {"spec", {{"priority", "high"}}}});
  write("b.json", {{"name", "y"}, {"spec", {{"colour", "red"}}}});
  write("c.json", declared("web"));
  write("d.json", declared("web"));
  const FakeDaemon daemon([](const FakeRequest&) { return json_reply(200, {{"items", json::array()}}); });
  const Said said = run_jailctl(daemon, {"apply", "-f", folder()});
  EXPECT_EQ(said.code, ExitCode::usage);
  for (const char* part : {"a.json", "priority", "b.json", "colour", "is declared in"}) {
    EXPECT_NE(said.err.find(part), std::string::npos) << part << " in " << said.err;
  }
  EXPECT_TRUE(daemon.calls().empty());
}

TEST_F(SetFilesTest, ADirectoryMayHoldJailConfToo) {
  write_text("a.conf", "path = /;\nweb { persist; depend = db; }\n");
  write("b.json", declared("db"));
  const FakeDaemon daemon([](const FakeRequest&) {
    return problem_reply({Kind::invalid, "no", 0, {{"/jails/0/spec/params/persist", "not today"}}});
  });
  const Said said = run_jailctl(daemon, {"plan", "-f", folder()});
  EXPECT_EQ(said.code, ExitCode::usage);
  EXPECT_NE(said.err.find("a.conf:2:7: error: jail web: persist: not today"), std::string::npos) << said.err;
  const json body = json::parse(daemon.request("POST /plan").body);
  ASSERT_EQ(body["jails"].size(), 2U);
  EXPECT_EQ(body["jails"][0]["spec"]["params"]["depend"], json({"db"}));
}

// Issue 5, bad input: all mistakes of all files in one answer, exit 2, nothing applied.
TEST_F(SetFilesTest, BadFilesOfEachKindAreToldAtOnce) {
  write_text("binary.conf", std::string("\0\1\2\3", 4));
  write_text("binary.json", std::string("{\0\1", 3));
  write_text("loop.conf", ".include \"loop.conf\";\n");
  write_text("missing.conf", ".include \"nowhere.conf\";\n");
  write_text("syntax.conf", "www { path = /\n  persist; }\n");
  write_text("twice.conf", "d { path = /; persist; }\nd { path = /; }\n");
  write_text("twice.json", R"([{"name":"e","spec":{}},{"name":"e","spec":{}}])");
  write_text("huge.conf", "");
  std::filesystem::resize_file(directory_.path() / "huge.conf", 100 << 20);
  const FakeDaemon daemon([](const FakeRequest&) { return json_reply(200, {{"items", json::array()}}); });
  for (const char* verb : {"plan", "apply"}) {
    const Said said = run_jailctl(daemon, {verb, "-f", folder()});
    EXPECT_EQ(said.code, ExitCode::usage);
    for (const char* part :
         {"binary.conf:1:1: error: this is a binary file", "binary.json:1:2",
          "loop.conf:1:10: error: ", "includes itself", "missing.conf:1:10: error: ", "No such file or directory",
          "syntax.conf:2:3: error: unexpected 'persist'", "twice.conf:2:1: warning: jail d: is declared twice",
          "twice.json:1:", "declares e twice", "huge.conf: larger than 16 MiB"}) {
      EXPECT_NE(said.err.find(part), std::string::npos) << part << "\nis not in\n" << said.err;
    }
  }
  EXPECT_TRUE(daemon.calls().empty());
}

TEST_F(SetFilesTest, WhatTheDaemonFindsIsShownAtItsPlaceInItsFile) {
  write("a.json", declared("web"));
  write("b.json", declared("db"));
  const FakeDaemon daemon([](const FakeRequest&) {
    return problem_reply({Kind::invalid, "no CPU 9", 0, {{"/jails/1/spec/cpuset", "no CPU 9"}}});
  });
  const Said said = run_jailctl(daemon, {"apply", "-f", folder()});
  EXPECT_EQ(said.code, ExitCode::usage);
  EXPECT_NE(said.err.find("b.json"), std::string::npos) << said.err;
  EXPECT_EQ(said.err.find("a.json"), std::string::npos) << said.err;
  EXPECT_NE(said.err.find("no CPU 9"), std::string::npos) << said.err;
}

TEST_F(SetFilesTest, PruneNeedsALabelThatAllShare) {
  write("a.json", declared("web"));
  const std::string other = write("b.json", declared("db", "other"));
  const FakeDaemon daemon([](const FakeRequest&) { return json_reply(200, {{"items", json::array()}}); });
  const Said said = run_jailctl(daemon, {"plan", "-f", folder(), "--prune"});
  EXPECT_EQ(said.code, ExitCode::usage);
  EXPECT_NE(said.err.find("label in common"), std::string::npos) << said.err;
  EXPECT_EQ(run_jailctl(daemon, {"plan", "-f", other, "--prune"}).code, ExitCode::ok);
  EXPECT_EQ(json::parse(daemon.request("POST /plan").body)["prune"], json({{"set", "other"}}));
}

TEST_F(SetFilesTest, OffATerminalAPruneThatDeletesNeedsYes) {
  const std::string file = write("a.json", declared("web"));
  const FakeDaemon daemon([](const FakeRequest& request) {
    if (request.target == "/plan") return json_reply(200, {{"items", {change("old", "delete")}}});
    return json_reply(200, {{"items", json::array()}, {"changes", json::array()}});
  });
  const Said refused = run_jailctl(daemon, {"apply", "-f", file, "--prune"});
  EXPECT_EQ(refused.code, ExitCode::usage);
  EXPECT_NE(refused.err.find("old"), std::string::npos) << refused.err;
  EXPECT_EQ(daemon.calls(), std::vector<std::string>{"POST /plan"});
  EXPECT_EQ(run_jailctl(daemon, {"apply", "-f", file, "--prune", "--yes"}).code, ExitCode::ok);
}

TEST_F(SetFilesTest, OnATerminalAPruneThatDeletesAsksFirst) {
  const std::string file = write("a.json", declared("web"));
  const FakeDaemon daemon([](const FakeRequest& request) {
    if (request.target == "/plan") return json_reply(200, {{"items", {change("old", "delete")}}});
    return json_reply(200, {{"items", json::array()}, {"changes", json::array()}});
  });
  const Said no = run_jailctl(daemon, {"apply", "-f", file, "--prune"}, {.input = "n\n", .tty = true});
  EXPECT_EQ(no.code, ExitCode::failed);
  EXPECT_NE(no.err.find("stop and forget old"), std::string::npos) << no.err;
  EXPECT_EQ(daemon.calls(), std::vector<std::string>{"POST /plan"});
  EXPECT_EQ(run_jailctl(daemon, {"apply", "-f", file, "--prune"}, {.input = "y\n", .tty = true}).code, ExitCode::ok);
  EXPECT_EQ(daemon.calls().back(), "POST /apply");
}

TEST_F(SetFilesTest, ApplyWaitsUntilWhatIsPrunedIsGone) {
  const std::string file = write("a.json", declared("web"));
  int looks = 0;
  const FakeDaemon daemon(followed([&](const FakeRequest& request) {
    if (request.method == "POST") {
      return json_reply(202, {{"items", json::array()}, {"changes", {change("old", "stop"), change("old", "delete")}}});
    }
    if (++looks < 3) return jail_reply(200, jail("old", "stopping"));
    return problem_reply({Kind::not_found, "no jail is called old", 0, {}});
  }));
  const Said said = run_jailctl(daemon, {"apply", "-f", file, "--prune", "--yes"});
  EXPECT_EQ(said.code, ExitCode::ok) << said.err;
  EXPECT_EQ(said.out, "old: removed\n1 jail: 1 removed\n");
  EXPECT_EQ(looks, 3);
}

TEST_F(SetFilesTest, ApplySaysALineForWhatChangesAndASummary) {
  const std::string file = write("a.json", {{"jails", {declared("a"), declared("b"), declared("c"), declared("d")}}});
  json live = change("b", "live");
  live["fields"] = {"rctl", "cpuset"};
  const FakeDaemon daemon([&](const FakeRequest&) {
    json items = json::array();
    for (const char* name : {"a", "b", "c", "d"}) items.push_back(jail(name));
    return json_reply(200, {{"items", items},
                            {"changes", {change("a", "create"), change("a", "start"), live, change("d", "start")}}});
  });
  const Said said = run_jailctl(daemon, {"apply", "-f", file}, {.tty = true, .environment = {{"NO_COLOR", "1"}}});
  EXPECT_EQ(said.out,
            "a: created; running, jid 7, ready\nb: changed cpuset, rctl; running, jid 7, ready\nd: running, jid 7, "
            "ready\n4 jails: 1 created, 1 changed, 1 started, 1 unchanged\n");
  EXPECT_EQ(run_jailctl(daemon, {"apply", "-f", file, "--no-wait"}).out,
            "a: created; running\nb: changed cpuset, rctl; running\nd: running\n"
            "4 jails: 1 created, 1 changed, 1 started, 1 unchanged\n");
}

TEST_F(SetFilesTest, ReadsStandardInputAndEachShapeOfAFile) {
  const FakeDaemon daemon([](const FakeRequest&) { return json_reply(200, {{"items", json::array()}}); });
  const json web = declared("web");
  for (const json& shape : {web, json::array({web}), json{{"jails", {web}}}}) {
    EXPECT_EQ(run_jailctl(daemon, {"plan", "-f", "-"}, {.input = shape.dump()}).code, ExitCode::ok);
    EXPECT_EQ(json::parse(daemon.request("POST /plan").body)["jails"][0]["name"], "web");
  }
  EXPECT_EQ(run_jailctl(daemon, {"plan", "-f", "-"}, {.input = "web { path = /; persist; }"}).code, ExitCode::ok);
}

TEST_F(SetFilesTest, PlanShowsEveryStepAndADryRunOfApplyIsAPlan) {
  const std::string file = write("a.json", declared("web"));
  json start = change("web", "start");
  start["steps"] = {{{"step", "exec.start"}, {"command", "/bin/sh /etc/rc"}, {"ok", true}, {"seconds", 0}}};
  const FakeDaemon daemon([&](const FakeRequest&) { return json_reply(200, {{"items", {start}}}); });
  const Said plan = run_jailctl(daemon, {"plan", "-f", file});
  EXPECT_EQ(plan.out, "web: start\n  exec.start  /bin/sh /etc/rc\n");
  const Said dry = run_jailctl(daemon, {"apply", "-n", "-f", file});
  EXPECT_EQ(dry.code, ExitCode::ok);
  EXPECT_EQ(dry.out, plan.out);
  EXPECT_EQ(daemon.calls(), (std::vector<std::string>{"POST /plan", "POST /plan"}));
}

TEST_F(SetFilesTest, WhatIsWrongWithTheSetAsAWholeIsToldWithoutAFile) {
  const std::string file = write("a.json", declared("web"));
  const FakeDaemon daemon([](const FakeRequest&) {
    return problem_reply({Kind::invalid, "db cannot be deleted", 0, {{"/prune", "db cannot be deleted"}}});
  });
  const Said said = run_jailctl(daemon, {"apply", "-f", file, "--prune", "-y"});
  EXPECT_EQ(said.code, ExitCode::usage);
  EXPECT_NE(said.err.find("/prune: db cannot be deleted"), std::string::npos) << said.err;
}

TEST_F(SetFilesTest, WhateverGoesWrongIsTroubleForPlan) {
  const std::string file = write("a.json", declared("web"));
  const FakeDaemon daemon([](const FakeRequest&) { return problem_reply({Kind::forbidden, "no", 0, {}}); });
  EXPECT_EQ(run_jailctl(daemon, {"plan", "-f", file}).code, ExitCode::usage);
  EXPECT_EQ(run_jailctl(daemon, {"apply", "-f", file}).code, ExitCode::not_authorised);
}

TEST_F(SetFilesTest, ApplyWaitsForEveryJailOfTheSet) {
  const std::string file = write("a.json", declared("web"));
  const FakeDaemon daemon(followed([](const FakeRequest& request) {
    if (request.method == "POST") {
      json starting = jail("web");
      starting["status"]["state"] = "starting";
      starting["status"]["ready"] = false;
      return json_reply(202, {{"items", {starting}}, {"changes", {change("web", "create")}}});
    }
    return jail_reply(200, jail("web"));
  }));
  const Said said = run_jailctl(daemon, {"apply", "-f", file});
  EXPECT_EQ(said.code, ExitCode::ok) << said.err;
  EXPECT_EQ(daemon.calls().front(), "POST /apply");
  EXPECT_NE(said.out.find("web"), std::string::npos);
}

}  // namespace
}  // namespace jaild::client
