#include "daemon/metrics/jail_families.h"

#include <gtest/gtest.h>

#include <sstream>

#include "tests/unit/daemon/metrics/exposition.h"

namespace jaild::metrics {
namespace {

Exposition exposition_of(const Sample& sample) {
  std::ostringstream text;
  {
    FamilyWriter writer(text);
    write_families(sample, writer);
  }
  auto exposition = read_exposition(text.str());
  for (const auto& fault : exposition.faults) ADD_FAILURE() << fault;
  return exposition;
}

JailSample a_jail(const std::string& name) {
  JailSample jail;
  jail.name = name;
  jail.generation = 2;
  return jail;
}

JailSample a_running_jail(const std::string& name, std::vector<std::string> rules = {}) {
  auto jail = a_jail(name);
  jail.state = JailState::running;
  jail.ready = true;
  jail.jid = 7;
  jail.observed_generation = 2;
  jail.started_at = WallTime(std::chrono::seconds{1'700'000'000});
  for (const auto& rule : rules) jail.limits.push_back(*RctlRule::parse(rule));
  jail.usage.emplace();
  for (const auto resource : all_resources()) jail.usage->resources[resource] = 150;
  return jail;
}

Sample a_sample(std::vector<JailSample> jails) {
  Sample sample;
  sample.jails = std::move(jails);
  return sample;
}

TEST(JailFamilies, EveryStateIsThereAndOneHolds) {
  const auto seen = exposition_of(a_sample({a_running_jail("www")}));
  double sum = 0;
  for (const char* state : {"stopped", "blocked", "starting", "running", "stopping", "backoff", "failed"}) {
    sum += seen.at(std::string(R"(jaild_jail_state{jail="www",state=")") + state + R"("})");
  }
  EXPECT_EQ(sum, 1);
  EXPECT_EQ(seen.at(R"(jaild_jail_state{jail="www",state="running"})"), 1);
  EXPECT_EQ(seen.at(R"(jaild_jails{state="running"})"), 1);
  EXPECT_EQ(seen.at(R"(jaild_jails{state="failed"})"), 0);
}

// R11.5
TEST(JailFamilies, AStoppedJailKeepsItsSeries) {
  auto jail = a_jail("www");
  jail.exit_code = 3;
  jail.exited_at = WallTime(std::chrono::seconds{1'700'000'000});
  const auto seen = exposition_of(a_sample({jail}));
  EXPECT_EQ(seen.at(R"(jaild_jail_last_exit_code{jail="www"})"), 3);
  EXPECT_EQ(seen.at(R"(jaild_jail_last_exit_timestamp_seconds{jail="www"})"), 1.7e9);
  EXPECT_EQ(seen.at(R"(jaild_jail_desired_running{jail="www"})"), 1);
  EXPECT_EQ(seen.at(R"(jaild_jail_restarts_total{jail="www",reason="exit"})"), 0);
  EXPECT_FALSE(seen.has(R"(jaild_jail_id{jail="www"})"));
  EXPECT_FALSE(seen.has(R"(jaild_jail_memory_resident_bytes{jail="www"})"));
}

// R11.5
TEST(JailFamilies, ADeletedJailLeavesNothing) {
  const auto seen = exposition_of(a_sample({}));
  for (const auto& [series, value] : seen.samples) EXPECT_EQ(series.find("jail=\""), std::string::npos) << series;
  EXPECT_EQ(seen.at(R"(jaild_jails{state="running"})"), 0);
}

TEST(JailFamilies, WhatIncreaseIsAskedAboutIsThereAtZero) {
  auto jail = a_running_jail("www", {"memoryuse:deny=1000"});
  jail.counters.restarts["exit"] = 5;
  jail.counters.exits["error"] = 5;
  const auto seen = exposition_of(a_sample({jail}));
  EXPECT_EQ(seen.at(R"(jaild_jail_restarts_total{jail="www",reason="exit"})"), 5);
  EXPECT_EQ(seen.at(R"(jaild_jail_restarts_total{jail="www",reason="health"})"), 0);
  EXPECT_EQ(seen.at(R"(jaild_jail_exits_total{jail="www",result="error"})"), 5);
  EXPECT_EQ(seen.at(R"(jaild_jail_exits_total{jail="www",result="success"})"), 0);
  EXPECT_EQ(seen.at(R"(jaild_jail_limit_hits_total{jail="www",resource="memoryuse"})"), 0);
}

TEST(JailFamilies, LostLinesOfTheLogAreCountedFromZero) {
  auto loud = a_jail("loud");
  loud.counters.log_lines_lost = 312;
  const auto seen = exposition_of(a_sample({loud, a_running_jail("www")}));
  EXPECT_EQ(seen.at(R"(jaild_jail_log_lines_lost_total{jail="loud"})"), 312);
  EXPECT_EQ(seen.at(R"(jaild_jail_log_lines_lost_total{jail="www"})"), 0);
}

TEST(JailFamilies, AReasonThatIsNotForeseenIsCountedAllTheSame) {
  auto jail = a_running_jail("www");
  jail.counters.restarts["earthquake"] = 1;
  EXPECT_EQ(exposition_of(a_sample({jail})).at(R"(jaild_jail_restarts_total{jail="www",reason="earthquake"})"), 1);
}

TEST(JailFamilies, AllResourcesAreThereInTheirUnits) {
  const auto seen = exposition_of(a_sample({a_running_jail("www")}));
  EXPECT_EQ(seen.at(R"(jaild_jail_cpu_seconds_total{jail="www"})"), 150);
  EXPECT_EQ(seen.at(R"(jaild_jail_cpu_usage_ratio{jail="www"})"), 1.5);
  EXPECT_EQ(seen.at(R"(jaild_jail_memory_resident_bytes{jail="www"})"), 150);
  EXPECT_EQ(seen.types.at("jaild_jail_cpu_seconds_total"), "counter");
  EXPECT_EQ(seen.types.at("jaild_jail_process_wallclock_seconds_total"), "counter");
  EXPECT_EQ(seen.types.at("jaild_jail_fs_reads_per_second"), "gauge");
}

TEST(JailFamilies, LimitsAreShownWithWhatIsUsedOfThem) {
  const auto seen = exposition_of(
      a_sample({a_running_jail("www", {"memoryuse:deny=300", "pcpu:log=600", "openfiles:deny=10/process"})}));
  EXPECT_EQ(seen.at(R"(jaild_jail_limit{jail="www",resource="memoryuse",action="deny",per="jail",unit="bytes"})"), 300);
  EXPECT_EQ(seen.at(R"(jaild_jail_limit{jail="www",resource="openfiles",action="deny",per="process",unit="count"})"),
            10);
  EXPECT_EQ(seen.at(R"(jaild_jail_limit_usage_ratio{jail="www",resource="memoryuse",action="deny"})"), 0.5);
  EXPECT_EQ(seen.at(R"(jaild_jail_limit_usage_ratio{jail="www",resource="pcpu",action="log"})"), 0.25);
  EXPECT_FALSE(seen.has(R"(jaild_jail_limit_usage_ratio{jail="www",resource="openfiles",action="deny"})"));
}

TEST(JailFamilies, OfRulesThatDifferInTheirAmountTheSmallestCounts) {
  const auto seen = exposition_of(
      a_sample({a_running_jail("www", {"maxproc:deny=600", "maxproc:deny=300", "maxproc:deny=0", "maxproc:log=5"})}));
  EXPECT_EQ(seen.at(R"(jaild_jail_limit{jail="www",resource="maxproc",action="deny",per="jail",unit="count"})"), 0);
  EXPECT_FALSE(seen.has(R"(jaild_jail_limit_usage_ratio{jail="www",resource="maxproc",action="deny"})"))
      << "nothing is a share of nothing";
  EXPECT_EQ(seen.at(R"(jaild_jail_limit_usage_ratio{jail="www",resource="maxproc",action="log"})"), 30);
}

TEST(JailFamilies, AJailWithoutUsageIsThereAllTheSame) {
  auto slow = a_running_jail("slow", {"memoryuse:deny=300"});
  slow.usage.reset();
  auto sample = a_sample({slow, a_running_jail("www")});
  sample.collect_errors = 1;
  const auto seen = exposition_of(sample);
  EXPECT_EQ(seen.at("jaild_collect_errors"), 1);
  EXPECT_EQ(seen.at(R"(jaild_jail_state{jail="slow",state="running"})"), 1);
  EXPECT_FALSE(seen.has(R"(jaild_jail_memory_resident_bytes{jail="slow"})"));
  EXPECT_FALSE(seen.has(R"(jaild_jail_limit_usage_ratio{jail="slow",resource="memoryuse",action="deny"})"));
  EXPECT_TRUE(seen.has(R"(jaild_jail_memory_resident_bytes{jail="www"})"));
}

TEST(JailFamilies, TransitionsAreCountedAndTheOldestTellsItsAge) {
  auto starting = a_jail("a");
  starting.transition = {core::Activity::starting, std::chrono::seconds{5}};
  auto stopping = a_jail("b");
  stopping.transition = {core::Activity::stopping, std::chrono::seconds{90}};
  const auto seen = exposition_of(a_sample({starting, stopping, a_running_jail("c")}));
  EXPECT_EQ(seen.at(R"(jaild_transitions{activity="starting"})"), 1);
  EXPECT_EQ(seen.at(R"(jaild_transitions{activity="updating"})"), 0);
  EXPECT_FALSE(seen.has(R"(jaild_transitions{activity="running"})"));
  EXPECT_EQ(seen.at("jaild_transition_oldest_age_seconds"), 90);
  EXPECT_EQ(exposition_of(a_sample({})).at("jaild_transition_oldest_age_seconds"), 0);
}

TEST(JailFamilies, WhatJaildSaysOfItself) {
  Sample sample;
  sample.dying = 3;
  sample.foreign = 2;
  sample.racct = true;
  sample.longest_hold = std::chrono::milliseconds{20};
  sample.events["jail.started"] = 4;
  sample.looked_at = WallTime(std::chrono::seconds{1'700'000'000});
  sample.collect_duration = std::chrono::milliseconds{250};
  const auto seen = exposition_of(sample);
  EXPECT_EQ(seen.at("jaild_jails_dying"), 3);
  EXPECT_EQ(seen.at(R"(jaild_jails{state="foreign"})"), 2);
  EXPECT_EQ(seen.at("jaild_racct_enabled"), 1);
  EXPECT_EQ(seen.at(R"(jaild_events_total{event="jail.started"})"), 4);
  EXPECT_EQ(seen.at("jaild_reconcile_last_success_timestamp_seconds"), 1.7e9);
  EXPECT_EQ(seen.at("jaild_collect_duration_seconds"), 0.25);
  EXPECT_EQ(seen.at("jaild_collect_errors"), 0);
  EXPECT_EQ(seen.at("jaild_loop_longest_hold_seconds"), 0.02);
}

}  // namespace
}  // namespace jaild::metrics
