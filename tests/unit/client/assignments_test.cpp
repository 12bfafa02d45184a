#include "client/assignments.h"

#include <gtest/gtest.h>

namespace jaild::client {
namespace {

using nlohmann::json;

json spec() {
  return json::parse(R"({"params":{"ip4.addr":["em0|10.0.0.1/24"],"exec.start":["/bin/sh /etc/rc"]},
    "rctl":["memoryuse:deny=2g"],"labels":{"a":"b"},"health":{"http":"http://127.0.0.1/","expect_status":204}})");
}

Result<json> patched(const std::vector<std::string>& words) {
  std::vector<Assignment> assignments;
  for (const std::string& word : words) {
    Result<Assignment> assignment = parse_assignment(word);
    if (!assignment) return Fail(assignment.error());
    assignments.push_back(*assignment);
  }
  return merge_patch(spec(), assignments);
}

struct Row {
  std::vector<std::string> words;
  const char* patch;  // below "spec"
};

TEST(Assignments, BecomeAMergePatch) {
  const Row rows[] = {
      {{"host.hostname=www"}, R"({"params":{"host.hostname":"www"}})"},
      {{"host.hostname=a=b"}, R"({"params":{"host.hostname":"a=b"}})"},
      {{"allow.raw_sockets"}, R"({"params":{"allow.raw_sockets":true}})"},
      {{"allow.raw_sockets=no"}, R"({"params":{"allow.raw_sockets":false}})"},
      {{"allow.noraw_sockets"}, R"({"params":{"allow.raw_sockets":false}})"},
      {{"securelevel=2"}, R"({"params":{"securelevel":2}})"},
      {{"ip4.addr+=10.0.0.2,10.0.0.3"}, R"({"params":{"ip4.addr":["em0|10.0.0.1/24","10.0.0.2","10.0.0.3"]}})"},
      {{"ip4.addr-=em0|10.0.0.1/24"}, R"({"params":{"ip4.addr":[]}})"},
      {{"ip4.addr=10.0.0.9"}, R"({"params":{"ip4.addr":["10.0.0.9"]}})"},
      {{"exec.start=echo a,b"}, R"({"params":{"exec.start":["echo a,b"]}})"},
      {{"exec.start+=one", "exec.start+=two"}, R"({"params":{"exec.start":["/bin/sh /etc/rc","one","two"]}})"},
      {{"meta.owner=me"}, R"({"params":{"meta.owner":"me"}})"},
      {{"allow.some_new_thing=true"}, R"({"params":{"allow.some_new_thing":true}})"},
      {{"some.new_limit=12"}, R"({"params":{"some.new_limit":12}})"},
      {{"command=/bin/sleep 9"}, R"({"command":"/bin/sleep 9"})"},
      {{"cpuset=0-1", "priority=10", "autostart=off"}, R"({"cpuset":"0-1","priority":10,"autostart":false})"},
      {{"restart.policy=always", "restart.delay_seconds=5"}, R"({"restart":{"policy":"always","delay_seconds":5}})"},
      {{"labels.tier=7"}, R"({"labels":{"tier":"7"}})"},
      {{"health.failures=5"}, R"({"health":{"failures":5}})"},
      {{"health.tcp=127.0.0.1:80"}, R"({"health":{"tcp":"127.0.0.1:80","http":null,"expect_status":null}})"},
      {{"health.http=http://127.0.0.1/x"}, R"({"health":{"http":"http://127.0.0.1/x"}})"},
      {{"rctl+=pcpu:deny=150"}, R"({"rctl":["memoryuse:deny=2g","pcpu:deny=150"]})"},
      {{"rctl-=memoryuse:deny=2048m"}, R"({"rctl":[]})"},
      {{"rctl=maxproc:log=5,pcpu:deny=10"}, R"({"rctl":["maxproc:log=5","pcpu:deny=10"]})"},
      {{"rctl+=memoryuse:deny=2048m"}, R"({"rctl":["memoryuse:deny=2g"]})"},
      {{"rctl="}, R"({"rctl":[]})"},
  };
  for (const Row& row : rows) {
    const Result<json> patch = patched(row.words);
    ASSERT_TRUE(patch) << row.words[0] << ": " << patch.error().message;
    EXPECT_EQ((*patch)["spec"], json::parse(row.patch)) << row.words[0];
  }
}

TEST(Assignments, ThatMakeNoSenseSayWhatWould) {
  const std::vector<std::string> wrong[] = {{"host.hostname"},
                                            {"=x"},
                                            {"+=x"},
                                            {"securelevel=high"},
                                            {"priority=1.5"},
                                            {"autostart=maybe"},
                                            {"allow.raw_sockets=2"},
                                            {"host.hostname+=x"},
                                            {"rctl+=nonsense"},
                                            {"rctl-=pcpu:deny=1"},
                                            {"ip4.addr-=10.9.9.9"},
                                            {"labels=x"},
                                            {"labels.=x"},
                                            {"health=tcp"},
                                            {"priority=99999999999999999999"}};
  for (const auto& words : wrong) {
    const Result<json> patch = patched(words);
    ASSERT_FALSE(patch) << words[0];
    EXPECT_EQ(patch.error().kind, Kind::invalid);
    EXPECT_FALSE(patch.error().message.empty());
  }
}

TEST(Assignments, UnsetBecomesNull) {
  const auto unset = [](const char* key) {
    json present = spec();
    present["params"]["allow.raw_sockets"] = true;
    return merge_patch(present, {{Assignment::Operation::unset, key, ""}}).value()["spec"];
  };
  EXPECT_EQ(unset("rctl"), json::parse(R"({"rctl":null})"));
  EXPECT_EQ(unset("health"), json::parse(R"({"health":null})"));
  EXPECT_EQ(unset("labels.a"), json::parse(R"({"labels":{"a":null}})"));
  EXPECT_EQ(unset("ip4.addr"), json::parse(R"({"params":{"ip4.addr":null}})"));
  EXPECT_EQ(unset("allow.noraw_sockets"), json::parse(R"({"params":{"allow.raw_sockets":null}})"));
}

}  // namespace
}  // namespace jaild::client
