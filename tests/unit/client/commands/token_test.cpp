// token create, ls, rm.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include <sys/stat.h>

#include "tests/fakes/temporary_directory.h"
#include "tests/unit/client/harness.h"

namespace jaild::client {
namespace {

using nlohmann::json;
using test::FakeDaemon;
using test::FakeRequest;

const json made{{"id", "0123456789ab"},  {"name", "ci"},
                {"role", "viewer"},      {"created_at", "2026-01-31T12:00:00Z"},
                {"created_by", "uid 0"}, {"secret", "jaild_0123456789ab_cafe"}};

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Token, CreatePrintsTheSecretAloneOnStandardOutput) {
  const FakeDaemon daemon([](const FakeRequest&) { return json_reply(201, made); });
  const Said said = run_jailctl(daemon, {"token", "create", "ci", "--role", "viewer", "--expires", "3600"});
  EXPECT_EQ(said.code, ExitCode::ok);
  EXPECT_EQ(said.out, "jaild_0123456789ab_cafe\n");
  EXPECT_TRUE(contains(said.err, "shown once")) << said.err;
  EXPECT_EQ(json::parse(daemon.request("POST /tokens").body),
            (json{{"name", "ci"}, {"role", "viewer"}, {"expires_in_seconds", 3600}}));
}

TEST(Token, OutKeepsTheSecretOffTheTerminal) {
  const tests::TemporaryDirectory directory;
  const std::string path = (directory.path() / "token").string();
  const FakeDaemon daemon([](const FakeRequest&) { return json_reply(201, made); });
  const Said said = run_jailctl(daemon, {"token", "create", "ci", "--role", "viewer", "--out", path});
  EXPECT_EQ(said.code, ExitCode::ok) << said.err;
  EXPECT_EQ(said.out, "0123456789ab\n");
  EXPECT_EQ(text_of(path), "jaild_0123456789ab_cafe\n");
  struct stat status{};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  const Said again = run_jailctl(daemon, {"token", "create", "ci", "--role", "viewer", "--out", path});
  EXPECT_EQ(again.code, ExitCode::failed);
  EXPECT_EQ(daemon.calls().size(), 1U) << "no second token is made that nobody could keep";
  const Said in_json =
      run_jailctl(daemon, {"-o", "json", "token", "create", "x", "--role", "viewer", "--out", path + "2"});
  EXPECT_FALSE(contains(in_json.out, "cafe")) << in_json.out;
}

TEST(Token, ARefusalLeavesNoFile) {
  const tests::TemporaryDirectory directory;
  const std::string path = (directory.path() / "token").string();
  const FakeDaemon daemon([](const FakeRequest&) { return problem_reply({Kind::exists, "taken", 0, {}}); });
  EXPECT_EQ(run_jailctl(daemon, {"token", "create", "ci", "--role", "admin", "--out", path}).code, ExitCode::conflict);
  struct stat status{};
  EXPECT_NE(stat(path.c_str(), &status), 0);
}

TEST(Token, WhatIsWrongNamesTheWholeCommand) {
  const FakeDaemon daemon([](const FakeRequest&) { return json_reply(200, json::object()); });
  const Said said = run_jailctl(daemon, {"token", "create", "ci"});
  EXPECT_EQ(said.code, ExitCode::usage);
  EXPECT_EQ(said.err, "jailctl: token create: --role is required; see `jailctl token create --help`\n");
}

TEST(Token, LsShowsNoSecrets) {
  json listed = made;
  listed.erase("secret");
  const FakeDaemon daemon([listed](const FakeRequest&) { return json_reply(200, {{"items", {listed}}}); });
  const Said said = run_jailctl(daemon, {"token", "ls"});
  EXPECT_EQ(said.out,
            "ID            NAME  ROLE    CREATED               EXPIRES  LAST USED\n"
            "0123456789ab  ci    viewer  2026-01-31T12:00:00Z  -        -\n");
}

TEST(Token, RmTakesIdsAndNames) {
  json other = made;
  other["id"] = "ba9876543210";
  other["name"] = "deploy";
  const FakeDaemon daemon([&](const FakeRequest& request) {
    if (request.method == "GET") return json_reply(200, {{"items", {made, other}}});
    return test::FakeReply{.status = 204};
  });
  EXPECT_EQ(run_jailctl(daemon, {"token", "rm", "deploy", "0123456789ab"}).code, ExitCode::ok);
  EXPECT_EQ(daemon.calls(),
            (std::vector<std::string>{"GET /tokens", "DELETE /tokens/ba9876543210", "DELETE /tokens/0123456789ab"}));
  const Said wrong = run_jailctl(daemon, {"token", "rm", "deploy", "nobody"});
  EXPECT_EQ(wrong.code, ExitCode::unknown_jail);
  EXPECT_TRUE(contains(wrong.err, "there is no token 'nobody'")) << wrong.err;
  EXPECT_EQ(daemon.calls().back(), "GET /tokens") << "one wrong word, and nothing is deleted";
}

TEST(Token, LsAndRmFollowThePages) {
  json other = made;
  other["id"] = "ba9876543210";
  other["name"] = "deploy";
  const FakeDaemon daemon([&](const FakeRequest& request) {
    if (request.method == "DELETE") return test::FakeReply{.status = 204};
    if (contains(request.target, "after=")) return json_reply(200, {{"items", {other}}});
    return json_reply(200, {{"items", {made}}, {"next", "17-0123456789ab"}});
  });
  const json listed = json::parse(run_jailctl(daemon, {"token", "ls", "-o", "json"}).out);
  EXPECT_EQ(listed["items"].size(), 2U);
  EXPECT_FALSE(listed.contains("next"));
  EXPECT_EQ(run_jailctl(daemon, {"token", "rm", "deploy"}).code, ExitCode::ok);
  EXPECT_EQ(daemon.calls(),
            (std::vector<std::string>{"GET /tokens", "GET /tokens?after=17-0123456789ab", "GET /tokens",
                                      "GET /tokens?after=17-0123456789ab", "DELETE /tokens/ba9876543210"}));
}

TEST(Token, WrongUseAsksNobody) {
  const FakeDaemon daemon([](const FakeRequest&) { return json_reply(201, made); });
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{{"token"},
                                             {"token", "create"},
                                             {"token", "create", "ci"},
                                             {"token", "create", "ci", "--role", "root"},
                                             {"token", "create", "ci", "--role", "viewer", "--expires", "0"},
                                             {"token", "rm"}}) {
    EXPECT_EQ(run_jailctl(daemon, wrong).code, ExitCode::usage);
  }
  EXPECT_TRUE(daemon.calls().empty());
}

}  // namespace
}  // namespace jaild::client
