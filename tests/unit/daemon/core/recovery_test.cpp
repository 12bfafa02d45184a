// What a new jaild makes of what an earlier one left.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/daemon/core/world.h"

namespace jaild::core {
namespace {

using std::chrono::seconds;

struct Left {
  Snapshot snapshot;
  Survey survey;
};

// A jail "web" that an earlier jaild had running as jail 7, run 3.
Left running_before(const std::string& boot = "boot1") {
  Left left;
  JailRecord record;
  record.name = "web";
  record.spec = service();
  record.spec.params["exec.stop"] = std::vector<std::string>{"x"};
  record.spec.params["exec.poststop"] = std::vector<std::string>{"x"};
  RunRecord run;
  run.key = {"web", 3, 7};
  run.generation = 1;
  run.spec = record.spec;
  run.phase = RunPhase::running;
  run.boot_id = boot;
  run.started_at = WallTime{std::chrono::hours{1}};
  run.before_create = {{ResourceKind::mount, "/jail/dev", {}, false}};
  left.snapshot.jails = {record};
  left.snapshot.runs = {run};
  left.snapshot.last_run = 3;
  left.snapshot.last_event = 40;
  left.snapshot.meta["boot_id"] = boot;
  JailFacts facts;
  facts.jid = 7;
  facts.name = "web";
  facts.path = "/jail";
  left.survey.jails = {facts};
  left.survey.mount_points = {"/jail/dev"};
  left.survey.monitors = {{run.key, true, std::nullopt}};
  return left;
}

const SupervisorOptions options{{}, 4, "boot1", 1};

TEST(Recovery, ARunningJailIsAdoptedWithoutASingleOperationP4R9_2) {
  auto left = running_before();
  World world(options, left.snapshot, left.survey);
  EXPECT_TRUE(world.log.empty());
  const auto jail = world.supervisor.get("web");
  EXPECT_EQ(jail->status.state, JailState::running);
  EXPECT_EQ(jail->status.jid, 7);
  EXPECT_TRUE(jail->status.ready);
  world.pass(seconds{1});
  std::vector<std::string> told;
  for (const auto& event : world.told)
    told.push_back(std::to_string(event.id) + " " + std::string(to_string(event.type)));
  EXPECT_EQ(told, (std::vector<std::string>{"41 daemon.started", "42 jail.adopted"}));
}

TEST(Recovery, AnExitThatTheMonitorKeptIsActedOn) {
  auto left = running_before();
  left.survey.monitors[0].main_exit = exit_with(4);
  World world(options, left.snapshot, left.survey);
  EXPECT_EQ(world.state("web"), JailState::backoff);
  EXPECT_EQ(world.supervisor.get("web")->status.last_exit->code, 4);
  EXPECT_EQ(world.log.front(), "web exec.stop");
}

TEST(Recovery, WhatTheMonitorLostOfTheLogMeanwhileIsShown) {
  auto left = running_before();
  left.survey.monitors[0].log = {7, "No space left on device"};
  World world(options, left.snapshot, left.survey);
  EXPECT_EQ(world.supervisor.get("web")->status.log_lines_lost, 7U);
  EXPECT_EQ(world.supervisor.get("web")->status.log_error, "No space left on device");
}

TEST(Recovery, AJailWhoseMonitorIsGoneIsStoppedWithItsHooksAndStartedAgain) {
  auto left = running_before();
  left.survey.monitors.clear();
  World world(options, left.snapshot, left.survey);
  EXPECT_EQ(world.log.front(), "web open monitor");
  EXPECT_NE(std::find(world.log.begin(), world.log.end(), "web exec.stop"), world.log.end());
  world.pass(seconds{2});
  EXPECT_EQ(world.state("web"), JailState::running);
}

TEST(Recovery, AnInterruptedStartIsUndoneAndMadeAgainR3_4) {
  auto left = running_before();
  left.snapshot.runs[0].phase = RunPhase::starting;
  left.snapshot.runs[0].key.jid = 0;
  World world(options, left.snapshot, left.survey);
  const std::vector<std::string> undo{
      "web terminate", "web remove",        "web exec.poststop", "web release /jail/dev",
      "web rules 0",   "web close monitor", "web resolve"};
  ASSERT_GE(world.log.size(), undo.size());
  EXPECT_TRUE(std::equal(undo.begin(), undo.end(), world.log.begin()));
  EXPECT_EQ(world.state("web"), JailState::running);
  EXPECT_EQ(world.supervisor.get("web")->status.restarts, 1U);
}

TEST(Recovery, AfterAHostBootHooksGetTheirCounterpartsAndTheJailStartsR3_4) {
  auto left = running_before("boot0");
  left.survey = {};
  World world(options, left.snapshot, left.survey);
  const std::vector<std::string> expected{"web open monitor", "web exec.poststop", "web close monitor"};
  ASSERT_GE(world.log.size(), expected.size());
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), world.log.begin()));
  world.pass(seconds{2});
  EXPECT_EQ(world.state("web"), JailState::running);
}

TEST(Recovery, AfterAHostBootAJailWithTheOldNameAndJidIsNotTouchedP6R3_4) {
  for (const auto phase : {RunPhase::starting, RunPhase::running, RunPhase::stopping}) {
    auto left = running_before("boot0");
    left.snapshot.runs[0].phase = phase;
    left.survey.monitors.clear();
    World world(options, left.snapshot, left.survey);
    const auto again = std::find(world.log.begin(), world.log.end(), "web resolve");  // which the real host refuses
    const std::vector<std::string> undone(world.log.begin(), again);
    const std::vector<std::string> owed{"web open monitor", "web exec.poststop", "web close monitor"};
    EXPECT_EQ(undone, owed) << "no removal, no rules, no mount: somebody else made what is there";
  }
}

TEST(Recovery, AMonitorThatAnswersProvesThatTheHostWasNotBooted) {
  auto left = running_before("boot time as it was before the clock was set");
  World world(options, left.snapshot, left.survey);
  EXPECT_TRUE(world.log.empty());
  EXPECT_EQ(world.state("web"), JailState::running);
}

TEST(Recovery, AMonitorOpenedForTheHooksOfAStopProvesNothingP6R3_4) {
  auto left = running_before("boot0");
  left.survey.monitors[0] = {{"web", 3, 0}, false, std::nullopt};  // and a foreign jail has the old name and jid
  World world(options, left.snapshot, left.survey);
  const auto again = std::find(world.log.begin(), world.log.end(), "web resolve");
  const std::vector<std::string> undone(world.log.begin(), again);
  EXPECT_EQ(undone, (std::vector<std::string>{"web exec.poststop", "web close monitor"}));
}

TEST(Recovery, AMonitorThatNeverRanTheCommandMeansThatAStopWasUnderWayR9_2) {
  auto left = running_before();
  left.survey.monitors[0].main_started = false;
  World world(options, left.snapshot, left.survey);
  EXPECT_EQ(world.log.front(), "web exec.stop");
  world.pass(seconds{2});
  EXPECT_EQ(world.state("web"), JailState::running);
  EXPECT_NE(world.key("web").run, 3U);
}

TEST(Recovery, WhatIsToStopWaitsForDependantsThatAreBackLaterP9) {
  auto left = running_before();
  left.snapshot.jails[0].desired = Desired::stopped;
  auto dependant = running_before();
  auto& record = dependant.snapshot.jails[0];
  auto& run = dependant.snapshot.runs[0];
  record.name = run.key.name = "zeta";
  record.desired = Desired::stopped;
  record.spec.params["depend"] = std::vector<std::string>{"web"};
  run.key.run = 4;
  run.key.jid = 8;
  run.spec = record.spec;
  left.snapshot.jails.push_back(record);
  left.snapshot.runs.push_back(run);
  left.survey.monitors.push_back({run.key, true, std::nullopt});
  left.survey.jails.push_back(left.survey.jails[0]);
  left.survey.jails[1].jid = 8;
  left.survey.jails[1].name = "zeta";
  World world(options, left.snapshot, left.survey);
  const auto first = std::find(world.log.begin(), world.log.end(), "web exec.stop");
  const auto second = std::find(world.log.begin(), world.log.end(), "zeta remove");
  ASSERT_NE(first, world.log.end());
  EXPECT_LT(second, first);
}

TEST(Recovery, AStartThatWasInterruptedBeforeItsJailTakesNoOtherForItsOwnP6) {
  auto left = running_before();
  left.snapshot.runs[0].phase = RunPhase::starting;
  left.snapshot.runs[0].key.jid = 0;
  left.survey.jails[0].path = "/of/somebody/else";
  left.survey.monitors[0].key.jid = 0;
  World world(options, left.snapshot, left.survey);
  EXPECT_EQ(std::find(world.log.begin(), world.log.end(), "web terminate"), world.log.end());
}

TEST(Recovery, AHostBootSetsTheWishFromAutostartAndARestartOfJaildKeepsIt) {
  auto left = running_before("boot0");
  left.survey = {};
  left.snapshot.jails[0].spec.autostart = false;
  World booted(options, left.snapshot, left.survey);
  EXPECT_EQ(booted.supervisor.get("web")->desired, Desired::stopped);

  auto same = running_before();
  same.snapshot.jails[0].spec.autostart = false;
  World restarted(options, same.snapshot, same.survey);
  EXPECT_EQ(restarted.supervisor.get("web")->desired, Desired::running);
}

// The host lost its power while a jail was in this state.
TEST(Recovery, AHostBootIsNoFailureOfAnyJailWhateverItsPolicy) {
  for (const auto phase : {RunPhase::starting, RunPhase::running, RunPhase::stopping}) {
    for (const auto policy : {RestartPolicy::never, RestartPolicy::on_failure, RestartPolicy::always}) {
      auto left = running_before("boot0");
      left.survey = {};
      left.snapshot.runs[0].phase = phase;
      auto& record = left.snapshot.jails[0];
      record.spec.restart.policy = policy;
      record.spec.restart.delay = seconds{300};
      record.spec.restart.limit = 1;
      record.spec.restart.window = seconds{86'400};
      record.restart.starts = {World().now.wall - seconds{5}};
      record.restarts = 4;
      World world(options, left.snapshot, left.survey);
      EXPECT_EQ(world.state("web"), JailState::running);
      EXPECT_EQ(world.supervisor.get("web")->status.restarts, 4U);
    }
  }
}

TEST(Recovery, AHostBootEndsADelayAGiveUpAndAFinalExitAsAutostartDecides) {
  for (const bool autostart : {true, false}) {
    for (const int held_back : {0, 1, 2}) {
      auto left = running_before("boot0");
      left.survey = {};
      left.snapshot.runs.clear();
      auto& record = left.snapshot.jails[0];
      record.spec.autostart = autostart;
      record.failure = "command exited with 1";
      record.restart.last_delay = seconds{64};
      if (held_back == 0) record.restart.next_try_at = World().now.wall + seconds{50};
      if (held_back == 1) record.restart.gave_up = true;
      if (held_back == 2) record.finished = true;
      World world(options, left.snapshot, left.survey);
      EXPECT_EQ(world.state("web"), autostart ? JailState::running : JailState::stopped);
      EXPECT_EQ(world.reason("web"), "");
      if (autostart) {
        world.feed(Event{MainExited{world.key("web"), exit_with(1)}});
        EXPECT_EQ(world.supervisor.find("web")->record().restart.last_delay, seconds{1}) << "the first of this boot";
      }
    }
  }
}

TEST(Recovery, ABootIdThatMovedWithTheClockLeavesEveryWishAsItIs) {
  auto left = running_before("boot time as it was before the clock was set");
  auto& other = left.snapshot.jails.emplace_back(left.snapshot.jails[0]);
  other.name = "www";
  other.desired = Desired::stopped;
  World world(options, left.snapshot, left.survey);
  EXPECT_EQ(world.state("www"), JailState::stopped);
  EXPECT_TRUE(world.log.empty());
}

TEST(Recovery, AGiveUpAndADelayOutliveARestartOfJaildR9_1) {
  Left left = running_before();
  left.snapshot.runs.clear();
  left.survey = {};
  left.snapshot.jails[0].failure = "command exited with 1; gave up after 5 restarts within 60 s";
  left.snapshot.jails[0].restart.gave_up = true;
  World gave_up(options, left.snapshot, left.survey);
  EXPECT_EQ(gave_up.state("web"), JailState::failed);
  EXPECT_TRUE(gave_up.log.empty());

  left.snapshot.jails[0].restart = {};
  left.snapshot.jails[0].restart.last_delay = seconds{64};
  left.snapshot.jails[0].restart.next_try_at = World().now.wall + seconds{50};
  World delayed(options, left.snapshot, left.survey);
  EXPECT_EQ(delayed.state("web"), JailState::backoff);
  delayed.pass(seconds{49});
  EXPECT_TRUE(delayed.log.empty());
  delayed.pass(seconds{2});
  EXPECT_EQ(delayed.state("web"), JailState::running);
}

TEST(Recovery, ADelayFromAClockThatWasAheadIsNoLongerThanItWas) {
  Left left = running_before();
  left.snapshot.runs.clear();
  left.survey = {};
  auto& record = left.snapshot.jails[0];
  record.failure = "command exited with 1";
  record.restart.last_delay = seconds{10};
  record.restart.next_try_at = World().now.wall + std::chrono::hours{8766};
  World world(options, left.snapshot, left.survey);
  EXPECT_EQ(world.state("web"), JailState::backoff);
  world.pass(seconds{12});
  EXPECT_EQ(world.state("web"), JailState::running);
}

TEST(Recovery, ATombstoneIsFinishedR9_6) {
  auto left = running_before();
  left.snapshot.jails[0].deleting = true;
  left.snapshot.jails[0].desired = Desired::stopped;
  World world(options, left.snapshot, left.survey);
  EXPECT_EQ(world.supervisor.find("web"), nullptr);
  EXPECT_NE(std::find(world.log.begin(), world.log.end(), "web remove"), world.log.end());
}

TEST(Recovery, AMonitorWithoutARunIsEndedAndADyingJailIsNeverTouchedR1_2) {
  Left left;
  left.survey.monitors = {{{"old", 2, 5}, true, std::nullopt}};
  JailFacts dying;
  dying.jid = 5;
  dying.name = "old";
  dying.dying = true;
  left.survey.jails = {dying};
  World world(options, left.snapshot, left.survey);
  EXPECT_EQ(world.log, std::vector<std::string>{"old close monitor"});
  EXPECT_EQ(world.supervisor.dying(), 1U);
  EXPECT_FALSE(world.supervisor.get("old"));
}

TEST(Recovery, AJailOfThatNameWithAnotherJidIsForeignP6) {
  auto left = running_before();
  left.survey.jails[0].jid = 8;
  World world(options, left.snapshot, left.survey);
  for (const auto& line : world.log) EXPECT_EQ(line.find("web terminate"), std::string::npos);
}

}  // namespace
}  // namespace jaild::core
