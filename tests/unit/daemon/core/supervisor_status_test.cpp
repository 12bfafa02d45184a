// What the supervisor shows, and that showing costs nothing.
#include <gtest/gtest.h>

#include "tests/unit/daemon/core/world.h"

namespace jaild::core {
namespace {

using std::chrono::seconds;

JailFacts dying(int jid, const std::string& name) {
  JailFacts facts;
  facts.jid = jid;
  facts.name = name;
  facts.dying = true;
  return facts;
}

TEST(SupervisorStatus, EveryDyingJailIsShownWithSinceWhenAndCountsAsStoppedR1_3) {
  World world;
  ASSERT_TRUE(world.declare("web", service(), Desired::stopped));
  world.survey.jails = {dying(7, "web"), dying(8, "web"), dying(9, "foreign")};
  const auto began = world.now.wall;
  world.pass(seconds{61});
  EXPECT_EQ(world.supervisor.dying(), 3U);
  const auto status = world.supervisor.get("web")->status;
  EXPECT_EQ(status.state, JailState::stopped);
  ASSERT_TRUE(status.dying_since);
  EXPECT_GE(*status.dying_since, began);
  world.pass(seconds{120});
  EXPECT_EQ(world.supervisor.get("web")->status.dying_since, status.dying_since) << "since it was first seen";
  world.survey.jails.clear();
  world.pass(seconds{61});
  EXPECT_EQ(world.supervisor.dying(), 0U);
  EXPECT_FALSE(world.supervisor.get("web")->status.dying_since);
}

TEST(SupervisorStatus, ADyingJailOfThatNameDoesNotHoldTheNextStartBackR1_1) {
  World world;
  world.survey.jails = {dying(7, "web")};
  ASSERT_TRUE(world.declare("web", service()));
  EXPECT_EQ(world.state("web"), JailState::running);
}

TEST(SupervisorStatus, WhatIsLostOfTheLogIsShownAndCounted) {
  World world;
  ASSERT_TRUE(world.declare("web", service()));
  const auto tell = [&](std::uint64_t lines, const std::string& error) {
    const auto before = world.supervisor.find("web")->revision();
    world.feed(LogTold{world.key("web"), {lines, error}});
    return world.supervisor.find("web")->revision() != before;
  };
  const auto counted = [&] { return world.supervisor.find("web")->counters().log_lines_lost; };
  EXPECT_EQ(world.supervisor.get("web")->status.log_error, "");
  EXPECT_TRUE(tell(5, "No space left on device"));
  EXPECT_EQ(world.supervisor.get("web")->status.log_lines_lost, 5U);
  EXPECT_EQ(world.supervisor.get("web")->status.log_error, "No space left on device");
  EXPECT_TRUE(tell(8, ""));
  EXPECT_EQ(world.supervisor.get("web")->status.log_error, "");
  EXPECT_EQ(counted(), 8U);
  EXPECT_TRUE(tell(2, "")) << "of another monitor, which counts from 0";
  EXPECT_EQ(counted(), 10U);
  auto former = world.key("web");
  --former.run;
  world.feed(LogTold{former, {100, "late"}});
  EXPECT_EQ(counted(), 10U) << "what a former run's monitor says";
  EXPECT_EQ(world.state("web"), JailState::running);
}

TEST(SupervisorStatus, LostLinesStayUntilTheNextRunAndTheErrorUntilTheEndOfThisOne) {
  World world;
  ASSERT_TRUE(world.declare("web", service()));
  world.feed(LogTold{world.key("web"), {5, "No space left on device"}});
  ASSERT_TRUE(world.ask(tests::stop("web")));
  ASSERT_EQ(world.state("web"), JailState::stopped);
  EXPECT_EQ(world.supervisor.get("web")->status.log_lines_lost, 5U);
  EXPECT_EQ(world.supervisor.get("web")->status.log_error, "");
  ASSERT_TRUE(world.ask(tests::start("web")));
  EXPECT_EQ(world.supervisor.get("web")->status.log_lines_lost, 0U);
  EXPECT_EQ(world.supervisor.find("web")->counters().log_lines_lost, 5U) << "a counter only grows";
}

TEST(SupervisorStatus, TheStepUnderWayIsTheLastOneShownAndHasNoOutcomeYet) {
  World world;
  auto spec = service();
  spec.params["exec.start"] = std::vector<std::string>{"/bin/sh /etc/rc"};
  world.host = [](const Op& op) -> std::optional<Result<Reply>> {
    if (std::holds_alternative<core::Run>(op.what)) return std::nullopt;
    return Reply{Nothing{}};
  };
  ASSERT_TRUE(world.declare("web", spec));
  const auto began = world.now.wall;
  world.pass(seconds{5});
  auto steps = world.supervisor.get("web")->status.steps;
  ASSERT_FALSE(steps.empty());
  EXPECT_EQ(steps.back().step, "exec.start");
  EXPECT_EQ(steps.back().command, "/bin/sh /etc/rc");
  EXPECT_EQ(steps.back().running_since, began);
  EXPECT_FALSE(steps.front().running_since);
  world.host = nullptr;
  world.release(Reply{CommandResult{0, 0, false}});
  steps = world.supervisor.get("web")->status.steps;
  for (const auto& step : steps) EXPECT_FALSE(step.running_since) << step.step;
  EXPECT_EQ(steps.size(), 5U);
}

TEST(SupervisorStatus, EachStepIsToldAtItsBeginningAndAtItsEndAndHasNoNumber) {
  World world;
  ASSERT_TRUE(world.declare("web", service()));
  ASSERT_TRUE(world.ask(tests::stop("web")));
  std::vector<std::string> open;
  for (const auto& event : world.steps) {
    EXPECT_EQ(event.id, 0U);
    EXPECT_EQ(event.type, EventType::jail_step);
    ASSERT_TRUE(event.step);
    if (event.step->running_since) {
      open.push_back(event.step->step);
    } else {
      ASSERT_EQ(open, std::vector<std::string>{event.step->step}) << "one at a time";
      open.clear();
    }
  }
  EXPECT_TRUE(open.empty());
  EXPECT_EQ(world.steps.size(), 2 * (4 + world.supervisor.get("web")->status.steps.size()));
  for (const auto& each : world.durable)
    EXPECT_FALSE(std::holds_alternative<AddEvent>(each) && std::get<AddEvent>(each).event.type == EventType::jail_step);
}

TEST(SupervisorStatus, ACommandCountsByItsExitAndNothingElseR1_5) {
  struct Row {
    CommandResult result;
    JailState state;
  };
  const Row rows[] = {{{0, 0, false}, JailState::running},
                      {{1, 0, false}, JailState::backoff},
                      {{std::nullopt, 15, false}, JailState::backoff},
                      {{0, 0, true}, JailState::backoff}};
  for (const auto& row : rows) {
    World world;
    world.host = [&](const Op& op) -> std::optional<Result<Reply>> {
      if (std::holds_alternative<core::Run>(op.what)) return Reply{row.result};
      return Reply{Nothing{}};
    };
    auto spec = service();
    spec.params["exec.start"] = std::vector<std::string>{"x"};
    ASSERT_TRUE(world.declare("web", spec));
    EXPECT_EQ(world.state("web"), row.state);
  }
}

TEST(SupervisorStatus, AThousandListsAskTheHostNothingR7_1) {
  World world;
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(world.declare("j" + std::to_string(i), service()));
  world.log.clear();
  const auto written = world.durable.size();
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(world.supervisor.names({}).size(), 20U);
  EXPECT_TRUE(world.log.empty());
  EXPECT_EQ(world.durable.size(), written);
}

TEST(SupervisorStatus, IndependentJailsStartAtTheSameTimeUpToTheBoundR7_3) {
  World world({{}, 10, "boot1", 1});
  world.host = [](const Op& op) -> std::optional<Result<Reply>> {
    if (std::holds_alternative<StartMain>(op.what)) return std::nullopt;
    return Reply{Nothing{}};
  };
  for (int i = 0; i < 25; ++i) ASSERT_TRUE(world.declare("j" + std::to_string(i), service()));
  EXPECT_EQ(world.hanging(), 10U);
  world.release();
  EXPECT_EQ(world.hanging(), 10U);
  world.release();
  EXPECT_EQ(world.hanging(), 5U);
}

TEST(SupervisorStatus, AMissingBridgeBlocksWithItsNameAndTheJailStartsWhenItComesR4_4) {
  World world;
  bool there = false;
  world.host = [&](const Op& op) -> std::optional<Result<Reply>> {
    if (!std::holds_alternative<Resolve>(op.what) || there) return Reply{Nothing{}};
    return Reply{Resolved{{}, {}, {"interface bridge0 does not exist"}}};
  };
  ASSERT_TRUE(world.declare("web", service()));
  world.pass(seconds{100});
  EXPECT_EQ(world.state("web"), JailState::blocked);
  EXPECT_EQ(world.reason("web"), "interface bridge0 does not exist");
  EXPECT_TRUE(world.supervisor.get("web")->status.next_try_at);
  there = true;
  world.pass(seconds{31});
  EXPECT_EQ(world.state("web"), JailState::running);
}

TEST(SupervisorStatus, RunningIsWhatTheKernelShowsNotWhatIsRememberedR9_5) {
  World world;
  auto spec = service();
  spec.restart.policy = RestartPolicy::never;
  ASSERT_TRUE(world.declare("web", spec));
  JailFacts facts;
  facts.jid = world.key("web").jid;
  facts.name = "web";
  world.survey.jails = {facts};
  world.survey.monitors = {{world.key("web"), true, std::nullopt}};
  world.pass(seconds{61});
  EXPECT_EQ(world.state("web"), JailState::running);
  world.survey = {};
  world.pass(seconds{61});
  EXPECT_EQ(world.state("web"), JailState::failed) << "removed by hand, and no event told";
}

}  // namespace
}  // namespace jaild::core
