#include <gtest/gtest.h>

#include "tests/unit/api/contract/samples.h"

namespace jaild {
namespace {

using test::json_of;
using test::Places;
using test::places;
using test::spec_of;

// Where parse_spec() alone finds mistakes.
Places mistakes_in_spec(std::string_view text) {
  const auto spec = parse_spec(json_of(text));
  if (spec) return {};
  EXPECT_EQ(spec.error().kind, Kind::invalid);
  return places(spec.error().fields);
}

constexpr const char* whole_spec = R"({
  "params": { "path": "/jail/www1", "host.hostname": "www1.example.org", "ip4.addr": ["em0|203.0.113.5/24"],
              "mount.devfs": true, "exec.clean": true, "exec.start": ["/bin/sh /etc/rc"],
              "exec.stop": ["/bin/sh /etc/rc.shutdown jail"], "depend": ["db1"] },
  "command": "/usr/local/bin/http-echo -listen :9999",
  "rctl": ["memoryuse:deny=2g", "pcpu:deny=150", "maxproc:log=500"],
  "cpuset": "0-1",
  "restart": { "policy": "always", "delay_seconds": 2, "max_delay_seconds": 60, "limit": 5, "window_seconds": 600 },
  "health": { "http": "http://127.0.0.1:9999/", "expect_status": 204, "interval_seconds": 20, "timeout_seconds": 4,
              "start_period_seconds": 1, "failures": 5, "successes": 2, "on_failure": "none" },
  "autostart": false, "priority": 7, "labels": { "tier": "web" } })";

TEST(ParseSpec, ReadsEveryField) {
  using std::chrono::seconds;
  const JailSpec spec = spec_of(whole_spec);
  EXPECT_EQ(spec.text("path"), "/jail/www1");
  EXPECT_EQ(spec.list("ip4.addr"), std::vector<std::string>{"em0|203.0.113.5/24"});
  EXPECT_TRUE(spec.flag("exec.clean"));
  EXPECT_EQ(spec.command, "/usr/local/bin/http-echo -listen :9999");
  ASSERT_EQ(spec.rctl.size(), 3U);
  EXPECT_EQ(spec.rctl[0].amount(), 2ULL << 30);
  EXPECT_EQ(spec.cpuset->text(), "0-1");
  EXPECT_EQ(spec.restart, (RestartSettings{RestartPolicy::always, seconds(2), seconds(60), 5, seconds(600)}));
  EXPECT_EQ(spec.health, (HealthSettings{HealthKind::http, "http://127.0.0.1:9999/", 204, seconds(20), seconds(4),
                                         seconds(1), 5, 2, HealthAction::none}));
  EXPECT_FALSE(spec.autostart);
  EXPECT_EQ(spec.priority, 7);
  EXPECT_EQ(spec.labels.at("tier"), "web");
}

TEST(ParseSpec, HasTheDefaultsOfTheDesign) {
  EXPECT_EQ(spec_of("{}"), JailSpec());
  const JailSpec spec = spec_of(R"({"restart":{},"health":{"tcp":"127.0.0.1:1"}})");
  EXPECT_EQ(spec.restart.policy, RestartPolicy::on_failure);
  EXPECT_EQ(spec.restart.max_delay, std::chrono::seconds(300));
  EXPECT_EQ(spec.health->interval, std::chrono::seconds(10));
  EXPECT_EQ(spec.health->timeout, std::chrono::seconds(3));
  EXPECT_EQ(spec.health->on_failure, HealthAction::restart);
  EXPECT_EQ(spec.priority, 50);
  EXPECT_TRUE(spec.autostart);
}

TEST(ParseSpec, KeepsWhatWasWritten) {  // R8.5
  const JailSpec spec =
      spec_of(R"({"rctl":["PCPU:Deny=150/jail","memoryuse:deny=2G","memoryuse:log=1g"],"cpuset":"3,0-1"})");
  const auto json = to_json(spec);
  EXPECT_EQ(json["rctl"], json_of(R"(["PCPU:Deny=150/jail","memoryuse:deny=2G","memoryuse:log=1g"])"));
  EXPECT_EQ(json["cpuset"], "3,0-1");
}

TEST(ParseSpec, TakesAllCpusForNoCpuset) {
  EXPECT_EQ(spec_of(R"({"cpuset":"all"})").cpuset, std::nullopt);
}

TEST(ParseSpec, PointsAtEachMistake) {
  const std::pair<const char*, Places> rows[] = {
      {"5", {"/spec"}},
      {"[]", {"/spec"}},
      {R"({"param":{}})", {"/spec/param"}},
      {R"({"a/b~":1})", {"/spec/a~1b~0"}},
      {R"({"params":[]})", {"/spec/params"}},
      {R"({"command":["a"]})", {"/spec/command"}},
      {R"({"command":null})", {"/spec/command"}},
      {R"({"rctl":"pcpu:deny=1"})", {"/spec/rctl"}},
      {R"({"rctl":["pcpu:deny=1","x",5,"readbps:deny=1"]})", {"/spec/rctl/1", "/spec/rctl/2", "/spec/rctl/3"}},
      {R"({"cpuset":5})", {"/spec/cpuset"}},
      {R"({"cpuset":"3-1"})", {"/spec/cpuset"}},
      {R"({"cpuset":""})", {"/spec/cpuset"}},
      {R"({"restart":"always"})", {"/spec/restart"}},
      {R"({"restart":{"policy":"sometimes"}})", {"/spec/restart/policy"}},
      {R"({"restart":{"policy":1,"delay":5}})", {"/spec/restart/delay", "/spec/restart/policy"}},
      {R"({"restart":{"delay_seconds":"5"}})", {"/spec/restart/delay_seconds"}},
      {R"({"restart":{"delay_seconds":1.5}})", {"/spec/restart/delay_seconds"}},
      {R"({"restart":{"limit":1e30}})", {"/spec/restart/limit"}},
      {R"({"health":{}})", {"/spec/health"}},
      {R"({"health":null})", {"/spec/health"}},
      {R"({"health":[]})", {"/spec/health"}},
      {R"({"health":{"tcp":"h:1","http":"http://h/"}})", {"/spec/health/http"}},
      {R"({"health":{"exec":"true","tcp":"h:1","http":"x"}})", {"/spec/health/http", "/spec/health/tcp"}},
      {R"({"health":{"tcp":5}})", {"/spec/health/tcp"}},
      {R"({"health":{"tcp":"h:1","expect_status":200}})", {"/spec/health/expect_status"}},
      {R"({"health":{"tcp":"h:1","every":5}})", {"/spec/health/every"}},
      {R"({"health":{"tcp":"","every":5}})", {"/spec/health/every", "/spec/health/tcp"}},
      {R"({"health":{"tcp":"h:1","on_failure":"stop"}})", {"/spec/health/on_failure"}},
      {R"({"autostart":"yes"})", {"/spec/autostart"}},
      {R"({"autostart":1})", {"/spec/autostart"}},
      {R"({"priority":"5"})", {"/spec/priority"}},
      {R"({"priority":50.5})", {"/spec/priority"}},
      {R"({"labels":["a"]})", {"/spec/labels"}},
      {R"({"labels":{"a":1,"b":null,"c/d":true}})", {"/spec/labels/a", "/spec/labels/b", "/spec/labels/c~1d"}},
  };
  for (const auto& [text, expected] : rows) EXPECT_EQ(mistakes_in_spec(text), expected) << text;
}

TEST(ParseSpec, ReportsAllMistakesAtOnce) {  // P10
  EXPECT_EQ(
      mistakes_in_spec(R"({"params":{"jid":5,"securelevel":9,"exec.start":[1]},"command":1,"rctl":["x"],"cpuset":"x",
                            "restart":{"policy":"x","limit":-1},"health":{"tcp":"x","failures":0},"autostart":0,
                            "priority":100,"labels":{"":"x"},"unknown":1})"),
      (Places{"/spec/autostart", "/spec/command", "/spec/cpuset", "/spec/health/failures", "/spec/health/tcp",
              "/spec/labels/", "/spec/params/exec.start/0", "/spec/params/jid", "/spec/params/securelevel",
              "/spec/priority", "/spec/rctl/0", "/spec/restart/limit", "/spec/restart/policy", "/spec/unknown"}));
}

TEST(ParseSpec, StandsWhereItsDocumentSays) {
  const auto spec = parse_spec(json_of(R"({"priority":-1})"), "/jails/3/spec");
  ASSERT_FALSE(spec);
  EXPECT_EQ(places(spec.error().fields), Places{"/jails/3/spec/priority"});
}

}  // namespace
}  // namespace jaild
