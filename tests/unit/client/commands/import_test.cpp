// import, export and up -f with a jail.conf.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/fakes/temporary_directory.h"
#include "tests/unit/client/harness.h"

namespace jaild::client {
namespace {

using nlohmann::json;
using test::FakeDaemon;
using test::FakeReply;
using test::FakeRequest;

class Import : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) {
    const std::filesystem::path path = etc_.path() / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  std::string etc() const { return etc_.path(); }

  // Takes every declaration; `listed` is what it already has.
  static FakeDaemon::Answer taking(json listed = json::array()) {
    return [listed = std::move(listed)](const FakeRequest& request) {
      if (request.method == "GET") return json_reply(200, {{"items", listed}, {"event", 1}});
      if (request.method == "POST") return json_reply(200, jail("www"));
      return jail_reply(201, json::parse(request.body));
    };
  }

  Said run_import(const FakeDaemon& daemon, std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.begin(), {"import", "--etc", etc()});
    return run_jailctl(daemon, arguments);
  }

  static bool called(const FakeDaemon& daemon, const std::string& call) {
    const auto calls = daemon.calls();
    return std::ranges::find(calls, call) != calls.end();
  }

  const tests::TemporaryDirectory etc_;
};

TEST_F(Import, DeclaresWithoutStartingAndSaysWhatToRemove) {
  write("jail.conf",
        "path = \"/jail/$name\"; exec.start = \"/bin/sh /etc/rc\";\nwww { depend = db; jid = 7; }\ndb { }\n");
  write("rc.conf", "jail_enable=\"YES\"\njail_list=\"db www\"\n");
  write("rctl.conf", "jail:db:memoryuse:deny=1g\n");
  const FakeDaemon daemon(taking());
  const Said said = run_import(daemon);
  EXPECT_EQ(said.code, ExitCode::ok) << said.err;
  for (const char* part :
       {"db: declare, from ", "www: declare, from ", "jid is not carried over",
        "has priority 10 by its place in jail_list", "rctl.conf jail:db:memoryuse:deny=1073741824 became rctl",
        "db: declared\n", "rc.conf:1: jail_enable=\"YES\"", "rc.conf:2: jail_list=\"db www\"",
        "sysrc jail_enable=NO; sysrc -x jail_list"}) {
    EXPECT_TRUE(contains(said.out, part)) << part << "\nis not in\n" << said.out;
  }
  const json db = json::parse(daemon.request("PUT /jails/db").body);
  EXPECT_EQ(db["desired"], "stopped");
  EXPECT_EQ(db["spec"]["rctl"], json::array({"memoryuse:deny=1g"}));
  EXPECT_EQ(db["spec"]["priority"], 10);
  EXPECT_EQ(db["spec"]["autostart"], true);
  // Dependencies first, and the rehearsal before both.
  const auto calls = daemon.calls();
  ASSERT_EQ(calls.size(), 5U);
  EXPECT_EQ(calls[1], "PUT /jails/db?dry_run=1");
  EXPECT_EQ(calls[3], "PUT /jails/db");
  EXPECT_EQ(calls[4], "PUT /jails/www");
}

TEST_F(Import, ADryRunDeclaresNothing) {
  write("jail.conf", "www { path = /; persist; }");
  const FakeDaemon daemon(taking());
  EXPECT_EQ(run_import(daemon, {"-n"}).code, ExitCode::ok);
  EXPECT_TRUE(called(daemon, "PUT /jails/www?dry_run=1"));
  EXPECT_FALSE(called(daemon, "PUT /jails/www"));
}

TEST_F(Import, RemarksAreInJsonTooAndTheListGoesBackIntoUp) {
  write("jail.conf",
        "www { path = /; persist; exec.created = \"rctl -a jail:www:maxproc:deny=9\"; jid = 7; }\ndb { persist; }\n");
  const FakeDaemon daemon(taking());
  const Said said = run_import(daemon, {"-n", "-o", "json"});
  EXPECT_EQ(said.code, ExitCode::ok) << said.err;
  const json printed = json::parse(said.out);
  EXPECT_EQ(printed["items"].size(), 2U);
  std::set<std::string> remarks;
  for (const json& each : printed["remarks"])
    remarks.insert(each["name"].get<std::string>() + " " + each["remark"].get<std::string>());
  const auto told = [&](const std::string& words) {
    return std::ranges::any_of(remarks, [&](const std::string& each) { return contains(each, words); });
  };
  EXPECT_TRUE(told("www jid is not carried over")) << said.out;
  EXPECT_TRUE(told("became rctl")) << said.out;
  EXPECT_TRUE(told("db has no path")) << said.out;
  EXPECT_EQ(remarks.size(), 3U) << said.out;
  write("printed.json", said.out);
  EXPECT_EQ(run_jailctl(daemon, {"up", "-n", "-f", etc() + "/printed.json"}).code, ExitCode::ok);
}

TEST_F(Import, ARunningJailIsAdoptedAndNotStopped) {
  write("jail.conf", "www { path = /; persist; }");
  json foreign = {{"name", "www"}, {"status", {{"state", "foreign"}}}};
  const FakeDaemon daemon(taking(json::array({foreign})));
  const Said said = run_import(daemon);
  EXPECT_EQ(said.code, ExitCode::ok) << said.err;
  EXPECT_TRUE(contains(said.out, "www: adopt the running jail")) << said.out;
  EXPECT_TRUE(called(daemon, "POST /jails/www/adopt"));
  EXPECT_FALSE(json::parse(daemon.request("PUT /jails/www").body).contains("desired"));
}

// Hooks that import cannot read may have set them; none is lost.
TEST_F(Import, TheRulesInForceForARunningJailStay) {
  write("jail.conf", R"(www { path = /; persist; exec.created = "rctl -a jail:www:maxproc:deny=9";
    exec.prestart = "/usr/local/sbin/limits www"; })");
  const json foreign = {{"name", "www"}, {"status", {{"state", "foreign"}}}};
  const FakeDaemon daemon([&](const FakeRequest& request) {
    if (request.method == "GET") return json_reply(200, {{"items", json::array({foreign})}, {"event", 1}});
    if (request.method != "POST") return jail_reply(201, json::parse(request.body));
    json adopted = jail("www");
    adopted["spec"]["rctl"] = {"maxproc:deny=7", "memoryuse:deny=1073741824", "memoryuse:log=1"};
    return json_reply(200, adopted);
  });
  const Said said = run_import(daemon);
  EXPECT_EQ(said.code, ExitCode::ok) << said.err;
  EXPECT_EQ(json::parse(daemon.request("PUT /jails/www").body)["spec"]["rctl"],
            json::array({"maxproc:deny=9", "memoryuse:deny=1073741824", "memoryuse:log=1"}));
  EXPECT_TRUE(contains(said.out, "www: the rule memoryuse:log=1 is in force and becomes rctl")) << said.out;
}

TEST_F(Import, AJaildThatCannotAdoptSaysWhatToDo) {
  write("jail.conf", "www { path = /; persist; }");
  const json foreign = {{"name", "www"}, {"status", {{"state", "foreign"}}}};
  const FakeDaemon daemon([&](const FakeRequest& request) {
    if (request.method == "GET") return json_reply(200, {{"items", json::array({foreign})}, {"event", 1}});
    return problem_reply(Error{Kind::not_found, "no such path", 0, {}});
  });
  const Said said = run_import(daemon);
  EXPECT_EQ(said.code, ExitCode::conflict);
  EXPECT_TRUE(contains(said.err, "stop it with `jail -r www`")) << said.err;
}

// Issue 5, bad input: all mistakes of all files in one answer, exit 2, nothing applied.
TEST_F(Import, AllMistakesOfAllFilesAtOnce) {
  write("jail.conf", "www { path = /\n  persist; }\nb { path = relative; persist; }\n.include \"missing\";\n");
  write("jail.conf.d/c.conf",
        "c { path = /; exec.timeout = soon; persist; }\nd { path = /; persist; }\nd { path = /; }\n");
  write("jail.conf.d/binary.conf", std::string("\0\1\2\3", 4));
  write("jail.conf.d/loop.conf", ".include \"loop.conf\";\n");
  const FakeDaemon daemon(taking());
  const Said said = run_import(daemon);
  EXPECT_EQ(said.code, ExitCode::usage);
  EXPECT_TRUE(daemon.calls().empty());
  for (const char* part : {"jail.conf:2:3: error: unexpected 'persist'", "jail.conf:4:10: error: ",
                           "No such file or directory", "c.conf:1:15: error: jail c: exec.timeout: expects an integer",
                           "c.conf:3:1: warning: jail d: is declared twice; this block holds",
                           "binary.conf:1:1: error: this is a binary file",
                           "loop.conf:1:10: error: ", "includes itself", "nothing was changed"}) {
    EXPECT_TRUE(contains(said.err, part)) << part << "\nis not in\n" << said.err;
  }
}

TEST_F(Import, WhatTheDaemonRefusesHasItsPlaceInTheFile) {
  write("jail.conf", "www {\n  path = /; persist;\n  brand.new = 1;\n}\ndb { path = /; persist; depend = nowhere; }\n");
  const FakeDaemon daemon([](const FakeRequest& request) {
    if (request.method == "GET") return json_reply(200, {{"items", json::array()}, {"event", 1}});
    if (request.target.find("www") == std::string::npos) return jail_reply(201, json::parse(request.body));
    return problem_reply(Error{Kind::invalid, "no", 0, {{"/spec/params/brand.new", "this host does not know it"}}});
  });
  const Said said = run_import(daemon);
  EXPECT_EQ(said.code, ExitCode::usage);
  EXPECT_TRUE(contains(said.err, "jail.conf:3:3: error: jail www: brand.new: this host does not know it")) << said.err;
  EXPECT_TRUE(contains(said.err, "jail.conf:5:25: error: jail db: depend: there is no jail nowhere")) << said.err;
  for (const std::string& call : daemon.calls())
    EXPECT_TRUE(call.starts_with("GET") || contains(call, "dry_run=1")) << call;
}

TEST_F(Import, R12_2_Fail2bansFileIsRefusedWithAHint) {
  write("jail.conf", "[DEFAULT]\nbantime = 10m\n");
  const FakeDaemon daemon(taking());
  const Said said = run_import(daemon);
  EXPECT_EQ(said.code, ExitCode::usage);
  EXPECT_TRUE(contains(said.err, "fail2ban")) << said.err;
}

TEST_F(Import, FilesOfOneJailGoBeforeJailConf) {
  write("jail.conf",
        "www { path = /main; persist; }\nonly { path = /only; persist; }\n.include \"jail.conf.d/seen.conf\";\n");
  write("jail.conf.d/seen.conf", "seen { path = /seen; persist; }\n");
  write("jail.conf.d/www.conf", "www { path = /d; persist; }\n");
  write("jail.www.conf", "www { path = /own; persist; }\n");
  const FakeDaemon daemon(taking());
  const Said said = run_import(daemon);
  EXPECT_EQ(said.code, ExitCode::ok) << said.err;
  EXPECT_EQ(json::parse(daemon.request("PUT /jails/www").body)["spec"]["params"]["path"], "/own");
  EXPECT_TRUE(contains(said.err, "jail.www.conf goes before this")) << said.err;
  EXPECT_TRUE(called(daemon, "PUT /jails/seen"));
  EXPECT_TRUE(called(daemon, "PUT /jails/only"));
}

TEST_F(Import, WithoutAnyFileThereIsNothingToImport) {
  const FakeDaemon daemon(taking());
  const Said said = run_import(daemon);
  EXPECT_EQ(said.code, ExitCode::usage);
  EXPECT_TRUE(contains(said.err, "there is no ")) << said.err;
}

TEST_F(Import, ReadsStandardInput) {
  const FakeDaemon daemon(taking());
  const Said said = run_jailctl(daemon, {"import", "-", "--etc", etc()}, {.input = "www { path = /; persist; }"});
  EXPECT_EQ(said.code, ExitCode::ok) << said.err;
  EXPECT_TRUE(contains(said.out, "from stdin:1:1")) << said.out;
}

TEST(Export, WritesWhatImportReads) {
  json web = jail("web");
  web["spec"]["command"] = "/bin/httpd";
  const FakeDaemon daemon([&](const FakeRequest&) { return jail_reply(200, web); });
  const Said said = run_jailctl(daemon, {"export", "web"});
  EXPECT_EQ(said.code, ExitCode::ok) << said.err;
  for (const char* part :
       {"web {\n", "\tpath = \"/jail/web\";\n", "exec.created = \"rctl -a jail:web:memoryuse:deny=2g\";\n",
        "exec.start += \"/bin/httpd &\";\n", "#jaild: command = \"/bin/httpd\"\n"}) {
    EXPECT_TRUE(contains(said.out, part)) << part << "\nis not in\n" << said.out;
  }
}

TEST(Export, AllJailsButForeignOnes) {
  const json foreign = {{"name", "other"}, {"status", {{"state", "foreign"}}}};
  const FakeDaemon daemon([&](const FakeRequest&) {
    return json_reply(200, {{"items", json::array({jail("a"), foreign, jail("b")})}, {"event", 1}});
  });
  const Said said = run_jailctl(daemon, {"export"});
  EXPECT_EQ(said.code, ExitCode::ok);
  EXPECT_TRUE(contains(said.out, "a {\n"));
  EXPECT_TRUE(contains(said.out, "b {\n"));
  EXPECT_FALSE(contains(said.out, "other"));
}

TEST(UpJailConf, DeclaresItsJails) {
  const FakeDaemon daemon([](const FakeRequest& request) {
    return request.method == "PUT" ? jail_reply(201, json::parse(request.body)) : jail_reply(200, jail("www"));
  });
  const Said said = run_jailctl(daemon, {"up", "-f", "-"}, {.input = "# jails\nwww { path = /; persist; }"});
  EXPECT_EQ(said.code, ExitCode::ok) << said.err;
  EXPECT_EQ(json::parse(daemon.request("PUT /jails/www").body)["spec"]["params"]["path"], "/");
  EXPECT_EQ(run_jailctl(daemon, {"up", "-f", "-"}, {.input = "www { path = / persist; }"}).code, ExitCode::usage);
}

}  // namespace
}  // namespace jaild::client
