#include <csignal>

#include <gtest/gtest.h>

#include "tests/unit/api/contract/samples.h"

namespace jaild {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using test::json_of;

const WallTime noon{seconds(1769860800)};

TEST(ToJson, ShowsASpecWithItsDefaults) {
  EXPECT_EQ(to_json(JailSpec()), json_of(R"({"params":{},"rctl":[],"autostart":true,"priority":50,"labels":{},
      "restart":{"policy":"on-failure","delay_seconds":1,"max_delay_seconds":300,"limit":0,"window_seconds":3600}})"));
}

TEST(ToJson, ShowsOneKindOfHealthCheck) {
  JailSpec spec;
  spec.health = HealthSettings{};
  spec.health->target = "127.0.0.1:9999";
  EXPECT_EQ(to_json(spec)["health"], json_of(R"({"tcp":"127.0.0.1:9999","interval_seconds":10,"timeout_seconds":3,
      "start_period_seconds":0,"failures":3,"successes":1,"on_failure":"restart"})"));
  spec.health->kind = HealthKind::http;
  EXPECT_EQ(to_json(spec)["health"]["expect_status"], 200);
  EXPECT_FALSE(to_json(spec)["health"].contains("tcp"));
}

TEST(ToJson, LeavesOutWhatIsAbsent) {
  const json status = to_json(JailStatus());
  EXPECT_EQ(status, json_of(R"({"state":"stopped","reason":"","ready":false,"observed_generation":0,"restarts":0,
      "pending":[],"drift":[],"steps":[]})"));
}

TEST(ToJson, ShowsAWholeStatus) {
  JailStatus status;
  status.state = JailState::backoff;
  status.reason = "waits";
  status.jid = 7;
  status.observed_generation = 3;
  status.started_at = noon;
  status.last_exit = LastExit{noon, std::nullopt, SIGSEGV, "killed by SIGSEGV"};
  status.next_try_at = noon + seconds(1);
  status.dying_since = noon - seconds(1);
  status.pending = {"cpuset"};
  status.drift = {"securelevel"};
  status.steps = {{"exec.start", "/bin/sh /etc/rc", true, "", 0.5}, {"mount", "", false, "EBUSY", 0}};
  EXPECT_EQ(to_json(status),
            json_of(R"({"state":"backoff","reason":"waits","ready":false,"jid":7,"observed_generation":3,
      "started_at":"2026-01-31T12:00:00Z","restarts":0,
      "last_exit":{"at":"2026-01-31T12:00:00Z","signal":"SIGSEGV","reason":"killed by SIGSEGV"},
      "next_try_at":"2026-01-31T12:00:01Z","dying_since":"2026-01-31T11:59:59Z","pending":["cpuset"],"drift":["securelevel"],
      "steps":[{"step":"exec.start","command":"/bin/sh /etc/rc","ok":true,"seconds":0.5},
               {"step":"mount","ok":false,"error":"EBUSY","seconds":0.0}]})"));
}

TEST(ToJson, AStepUnderWayHasNoOutcomeYet) {
  JailStatus status;
  status.steps = {{"exec.start", "/bin/sh /etc/rc", true, "", 0, noon}};
  EXPECT_EQ(to_json(status)["steps"], json_of(R"([{"step":"exec.start","command":"/bin/sh /etc/rc","running":true,
      "started_at":"2026-01-31T12:00:00Z"}])"));
  const JailEvent event{0, noon, EventType::jail_step, "www1", "begins exec.start", {}, status.steps[0]};
  EXPECT_EQ(to_json(event), json_of(R"({"at":"2026-01-31T12:00:00Z","type":"jail.step","jail":"www1","phase":"begin",
      "message":"begins exec.start","step":"exec.start","command":"/bin/sh /etc/rc"})"));
}

TEST(ToJson, ShowsAForeignJailWithoutAWishOfOurs) {  // R9.4
  JailObject object;
  object.name = "theirs";
  object.status.state = JailState::foreign;
  const json shown = to_json(object);
  EXPECT_EQ(shown["name"], "theirs");
  EXPECT_EQ(shown["status"]["state"], "foreign");
  for (const char* absent : {"spec", "desired", "generation"}) EXPECT_FALSE(shown.contains(absent)) << absent;
  object.generation = 2;
  EXPECT_EQ(to_json(object)["generation"], 2);
  EXPECT_EQ(to_json(object)["desired"], "running");
}

TEST(ToJson, ShowsEventsVersionsProcessesAndChanges) {
  EXPECT_EQ(
      to_json(JailEvent{5, noon, EventType::jail_started, "www", "up", {{"jid", "7"}}}),
      json_of(
          R"({"id":5,"at":"2026-01-31T12:00:00Z","type":"jail.started","jail":"www","message":"up","data":{"jid":"7"}})"));
  EXPECT_EQ(to_json(JailEvent{6, noon, EventType::daemon_started, "", "up", {}}),
            json_of(R"({"id":6,"at":"2026-01-31T12:00:00Z","type":"daemon.started","message":"up"})"));
  const json version = to_json(SpecVersion{2, noon, "uid 0", JailSpec()});
  EXPECT_EQ(version["by"], "uid 0");
  EXPECT_EQ(version["spec"], to_json(JailSpec()));
  EXPECT_EQ(
      to_json(ProcessInfo{100, 1, "root", "sh", "S", 4096, 0.25, noon}),
      json_of(R"({"pid":100,"ppid":1,"user":"root","command":"sh","state":"S","memory_bytes":4096,"cpu_seconds":0.25,
                        "started_at":"2026-01-31T12:00:00Z"})"));
  EXPECT_EQ(to_json(Effect{"www", Effect::Kind::update, {"rctl"}, {}}),
            json_of(R"({"jail":"www","action":"update","fields":["rctl"],"steps":[]})"));
}

TEST(ToJson, ShowsUsageBesideItsLimits) {
  Usage usage;
  usage.resources = {{Resource::memoryuse, 4096}, {Resource::pcpu, 12}};
  EXPECT_EQ(to_json(usage, {*RctlRule::parse("MemoryUse:deny=2g/process")}),
            json_of(R"({"resources":{"memoryuse":4096,"pcpu":12},"limits":[{"rule":"MemoryUse:deny=2g/process",
                        "resource":"memoryuse","action":"deny","amount":2147483648,"per":"process","unit":"bytes"}]})"));
}

TEST(ToJson, ShowsTheHintOnlyWhereLimitsAreOff) {
  HostProfile host = test::host_with_limits();
  EXPECT_FALSE(to_json(host).contains("racct_hint"));
  EXPECT_FALSE(to_json(host).contains("boot_id"));
  host.racct = false;
  host.racct_hint = "kern.racct.enable=1";
  host.boot_id = "b";
  EXPECT_EQ(to_json(host)["racct_hint"], "kern.racct.enable=1");
  EXPECT_EQ(to_json(host)["boot_id"], "b");
  EXPECT_EQ(to_json(host)["cpus"], "0-3");
}

TEST(Problem, IsAsRfc9457AsksFor) {
  EXPECT_EQ(
      problem(Error{Kind::invalid, "no", 0, {{"/spec", "bad"}}}),
      json_of(R"({"type":"urn:jaild:problem:invalid","title":"The request cannot be carried out as it is","status":422,
                        "detail":"no","errors":[{"pointer":"/spec","detail":"bad"}]})"));
  const json gone = problem(Error{Kind::not_found, "no jail www", 0, {}});
  EXPECT_EQ(gone["type"], "urn:jaild:problem:not-found");
  EXPECT_EQ(gone["status"], 404);
  EXPECT_FALSE(gone.contains("errors"));
}

}  // namespace
}  // namespace jaild
