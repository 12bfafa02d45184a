// set, unset, edit: what changes a declaration.
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/unit/client/harness.h"

namespace jaild::client {
namespace {

using nlohmann::json;
using test::FakeDaemon;
using test::FakeRequest;
using Calls = std::vector<std::string>;

TEST(Set, PatchesWhatItHasSeen) {
  const FakeDaemon daemon([](const FakeRequest& request) {
    json object = jail("web");
    if (request.method == "PATCH") {
      object["generation"] = 4;
      object["status"]["pending"] = {"cpuset"};
    }
    return jail_reply(200, object);
  });
  const Said said = run_jailctl(daemon, {"set", "web", "cpuset=0-1", "rctl+=pcpu:deny=50"});
  EXPECT_EQ(said.code, ExitCode::ok) << said.err;
  EXPECT_EQ(said.out, "web: generation 4; in force after `jailctl restart web`: cpuset\n");
  const FakeRequest patch = daemon.request("PATCH /jails/web?wait=10");
  EXPECT_EQ(patch.headers.at("if-match"), "\"3\"");
  EXPECT_EQ(patch.headers.at("content-type"), "application/merge-patch+json");
  EXPECT_EQ(json::parse(patch.body),
            json::parse(R"({"spec":{"cpuset":"0-1","rctl":["memoryuse:deny=2g","pcpu:deny=50"]}})"));
}

TEST(Set, LooksAgainWhenSomebodyWasFasterAndGivesUpInTheEnd) {
  int refusals = 2;
  const FakeDaemon daemon([&](const FakeRequest& request) {
    if (request.method == "PATCH" && refusals-- > 0)
      return problem_reply({Kind::precondition_failed, "changed", 0, {}});
    return jail_reply(200, jail("web"));
  });
  EXPECT_EQ(run_jailctl(daemon, {"set", "web", "priority=1"}).code, ExitCode::ok);
  EXPECT_EQ(daemon.calls().size(), 6U);
  refusals = 100;
  EXPECT_EQ(run_jailctl(daemon, {"set", "web", "priority=1"}).code, ExitCode::conflict);
  EXPECT_EQ(daemon.calls().size(), 12U);
}

TEST(Set, ShowsEveryMistakeTheDaemonFinds) {
  const FakeDaemon daemon([](const FakeRequest& request) {
    if (request.method == "GET") return jail_reply(200, jail("web"));
    return problem_reply(
        {Kind::invalid, "2 mistakes", 0, {{"/spec/cpuset", "no CPU 9"}, {"/spec/rctl/0", "RACCT is off"}}});
  });
  const Said said = run_jailctl(daemon, {"set", "web", "cpuset=9"});
  EXPECT_EQ(said.code, ExitCode::failed);
  EXPECT_EQ(said.err, "jailctl: web: 2 mistakes\n  /spec/cpuset: no CPU 9\n  /spec/rctl/0: RACCT is off\n");
}

TEST(Set, CanRehearse) {
  const FakeDaemon daemon([](const FakeRequest& request) {
    if (request.method == "GET") return jail_reply(200, jail("web"));
    return json_reply(200, {{"items", {{{"jail", "web"}, {"action", "live"}, {"fields", {"cpuset", "rctl"}}}}}});
  });
  EXPECT_EQ(run_jailctl(daemon, {"set", "-n", "web", "cpuset=0"}).out, "web: live  cpuset, rctl\n");
  EXPECT_EQ(daemon.calls().back(), "PATCH /jails/web?dry_run=1");
}

TEST(Unset, SendsNulls) {
  const FakeDaemon daemon([](const FakeRequest&) { return jail_reply(200, jail("web", "stopped")); });
  EXPECT_EQ(run_jailctl(daemon, {"unset", "web", "rctl", "path"}).code, ExitCode::ok);
  EXPECT_EQ(json::parse(daemon.request("PATCH /jails/web").body),
            json::parse(R"({"spec":{"rctl":null,"params":{"path":null}}})"));
}

TEST(Unset, OfWhatIsNotSetIsAFailureAndChangesNothing) {
  const FakeDaemon daemon([](const FakeRequest&) { return jail_reply(200, jail("web")); });
  for (const char* key : {"labels.tier", "cpuset", "host.hostname", "health", "ip4.addr"}) {
    const Said said = run_jailctl(daemon, {"unset", "web", "rctl", key});
    EXPECT_EQ(said.code, ExitCode::failed) << key;
    EXPECT_EQ(said.err, "jailctl: web: " + std::string(key) + " is not set, so there is nothing to unset\n");
  }
  for (const std::string& call : daemon.calls()) EXPECT_EQ(call, "GET /jails/web");
}

TEST(Set, SaysWhatCouldNotBeChangedInTheRunningJail) {
  const FakeDaemon daemon([](const FakeRequest& request) {
    json object = jail("web");
    if (request.method == "PATCH") object["status"]["pending"] = {"rctl"};
    if (request.method == "PATCH") object["status"]["reason"] = "rctl: RACCT is off";
    return jail_reply(200, object);
  });
  const Said said = run_jailctl(daemon, {"set", "web", "rctl=pcpu:deny=50"});
  EXPECT_EQ(said.out, "web: generation 3; in force after `jailctl restart web`: rctl\n");
  EXPECT_EQ(said.err, "jailctl: web: not all of it could be changed in the running jail: rctl: RACCT is off\n");
}

// Bytes that JSON cannot carry would be another value there.
TEST(Set, RefusesWhatIsNotUtf8) {
  const FakeDaemon daemon([](const FakeRequest&) { return jail_reply(200, jail("web")); });
  for (const std::vector<std::string>& words : {std::vector<std::string>{"set", "web", "labels.x=caf\xe9"},
                                                {"set", "web", "path=/jail/lat\xe9"},
                                                {"set", "web", "labels.\xc3=x"},
                                                {"set", "web", "exec.start+=echo \xed\xa0\x80"},
                                                {"unset", "web", "labels.\xe9"},
                                                {"token", "create", "t\xe9", "--role", "viewer"}}) {
    const Said said = run_jailctl(daemon, words);
    EXPECT_EQ(said.code, ExitCode::usage) << said.err;
    EXPECT_TRUE(contains(said.err, "is not UTF-8: byte ")) << said.err;
  }
  EXPECT_TRUE(daemon.calls().empty());
  EXPECT_EQ(run_jailctl(daemon, {"set", "web", "labels.x=caf\xc3\xa9"}).code, ExitCode::ok);
}

TEST(Set, AMistakeIsToldOnce) {
  const FakeDaemon daemon([](const FakeRequest& request) {
    if (request.method == "GET") return jail_reply(200, jail("web"));
    return problem_reply({Kind::invalid, "/spec/cpuset: no CPU 9", 0, {{"/spec/cpuset", "no CPU 9"}}});
  });
  EXPECT_EQ(run_jailctl(daemon, {"set", "web", "cpuset=9"}).err, "jailctl: web: /spec/cpuset: no CPU 9\n");
}

class Edit : public testing::Test {
 protected:
  // An editor that is a shell script; "$1" is the file.
  Said edit(const std::string& script, RunOptions options = {}) {
    const std::string path = daemon_.directory() + "/editor";
    std::ofstream(path) << "#!/bin/sh\n" << script << "\n";
    ::chmod(path.c_str(), 0700);
    options.environment["EDITOR"] = path;
    return run_jailctl(daemon_, {"edit", "web"}, std::move(options));
  }
  // The texts that were kept.
  std::vector<std::string> kept() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(daemon_.directory())) {
      if (entry.path().filename() == "web.json") found.push_back(entry.path());
    }
    return found;
  }

  FakeDaemon daemon_{[this](const FakeRequest& request) {
    if (request.method == "GET") return jail_reply(200, jail("web"));
    if (!refusals_.empty()) {
      const Error refusal = refusals_.front();
      refusals_.erase(refusals_.begin());
      return problem_reply(refusal);
    }
    json object = jail("web");
    object["generation"] = 4;
    return jail_reply(200, object);
  }};
  std::vector<Error> refusals_;
};

constexpr const char* change_path = "sed -i.bak 's,/jail/web,/elsewhere,' \"$1\"";

TEST_F(Edit, PutsTheTextBackOnTopOfWhatWasSeen) {
  const Said said = edit(change_path);
  EXPECT_EQ(said.code, ExitCode::ok) << said.err;
  EXPECT_EQ(said.out, "web: generation 4\n");
  const FakeRequest put = daemon_.request("PUT /jails/web");
  EXPECT_EQ(put.headers.at("if-match"), "\"3\"");
  json expected = jail("web");
  expected.erase("status");
  expected.erase("generation");
  expected["spec"]["params"]["path"] = "/elsewhere";
  EXPECT_EQ(json::parse(put.body), expected);
  EXPECT_TRUE(kept().empty());
}

TEST_F(Edit, ShowsTheTextToItsOwnerOnly) {
  const Said said = edit(
      "ls -ln \"$1\" | cut -c1-10 > \"$(dirname \"$0\")/mode\"; ls -ldn \"$(dirname \"$1\")\" | cut -c1-10 >> "
      "\"$(dirname \"$0\")/mode\"");
  std::ifstream mode(daemon_.directory() + "/mode");
  std::stringstream text;
  text << mode.rdbuf();
  EXPECT_EQ(text.str(), "-rw-------\ndrwx------\n");
  EXPECT_EQ(said.out, "web: not changed\n");
  EXPECT_EQ(daemon_.calls(), Calls{"GET /jails/web"});
}

TEST_F(Edit, OffersToOpenAMistakeAgain) {
  refusals_ = {{Kind::invalid, "1 mistake", 0, {{"/spec/params/path", "no such directory"}}}};
  const Said said = edit("echo >> \"$1\"", {.input = "\n", .tty = true});
  EXPECT_EQ(said.code, ExitCode::ok) << said.err;
  EXPECT_TRUE(contains(said.err, "web.json:")) << said.err;
  EXPECT_TRUE(contains(said.err, "/spec/params/path: no such directory")) << said.err;
  EXPECT_TRUE(contains(said.err, "Edit again? [Y/n]")) << said.err;
  EXPECT_EQ(daemon_.calls(), (Calls{"GET /jails/web", "PUT /jails/web", "PUT /jails/web"}));
}

TEST_F(Edit, BrokenJsonNeverReachesTheDaemonAndIsKept) {
  const Said said = edit("echo , >> \"$1\"");
  EXPECT_EQ(said.code, ExitCode::failed);
  EXPECT_EQ(daemon_.calls(), Calls{"GET /jails/web"});
  ASSERT_EQ(kept().size(), 1U);
  EXPECT_TRUE(contains(said.err, kept().front())) << said.err;
}

TEST_F(Edit, WhatChangedMeanwhileIsNotOverwrittenAndTheTextIsKept) {
  refusals_ = {{Kind::precondition_failed, "web has generation 9", 0, {}}};
  const Said said = edit(change_path, {.input = "y\n", .tty = true});
  EXPECT_EQ(said.code, ExitCode::conflict);
  EXPECT_TRUE(contains(said.err, "somebody else changed it")) << said.err;
  EXPECT_FALSE(contains(said.err, "Edit again")) << said.err;
  EXPECT_EQ(kept().size(), 1U);
}

TEST_F(Edit, AnEditorThatFailsChangesNothing) {
  const Said said = edit("exit 3");
  EXPECT_EQ(said.code, ExitCode::failed);
  EXPECT_TRUE(contains(said.err, "ended with code 3")) << said.err;
  EXPECT_EQ(daemon_.calls(), Calls{"GET /jails/web"});
}

TEST_F(Edit, VisualComesBeforeEditorAndMayHaveOptions) {
  const Said said = edit("exit 3", {.environment = {{"VISUAL", "test -f"}}});
  EXPECT_EQ(said.code, ExitCode::ok) << said.err;
}

}  // namespace
}  // namespace jaild::client
