#include "daemon/runtime/loop_watch.h"

#include <gtest/gtest.h>

#include "tests/unit/daemon/runtime/world.h"

namespace jaild::runtime {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class LoopWatchTest : public testing::Test {
 protected:
  LoopWatchTest() {
    watch.set_warn([this](const std::string& line) { lines.push_back(line); });
  }
  Tasks tasks() const {
    Tasks tasks;
    watch.describe(tasks);
    return tasks;
  }
  static core::Now at(std::chrono::nanoseconds mono) { return {mono, {}}; }

  LoopWatch watch;
  std::vector<std::string> lines;
};

TEST_F(LoopWatchTest, WhatIsShortIsNoStall) {
  EXPECT_FALSE(watch.held({"tick", "", ""}, loop_stall_limit, at(seconds{1})));
  EXPECT_EQ(tasks().stalls, 0U);
  EXPECT_TRUE(lines.empty());
  EXPECT_EQ(tasks().longest_hold->what, "tick") << "but it is the longest so far";
}

TEST_F(LoopWatchTest, AStallIsToldWithItsCulprit) {
  EXPECT_TRUE(watch.held({"done", "create", "www"}, milliseconds{51}, at(seconds{1})));
  EXPECT_TRUE(watch.held({"GET", "/jails", ""}, milliseconds{70}, at(seconds{3})));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0], R"(the event loop was held milliseconds=51 by="done create" jail=www)");
  EXPECT_EQ(lines[1], R"(the event loop was held milliseconds=70 by="GET /jails")");
  const auto told = tasks();
  EXPECT_EQ(told.stalls, 2U);
  EXPECT_EQ(told.longest_hold->what, "GET /jails");
  ASSERT_EQ(told.last_stalls.size(), 2U);
  EXPECT_EQ(told.last_stalls[0].jail, "www");
  EXPECT_EQ(watch.longest(), milliseconds{70});
}

TEST_F(LoopWatchTest, ManyStallsAreOneLineASecondAndABoundedList) {
  for (int i = 0; i < 100; ++i) watch.held({"tick", "", ""}, milliseconds{60}, at(milliseconds{1000 + i}));
  watch.held({"tick", "", ""}, milliseconds{60}, at(milliseconds{2000}));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[1], R"(the event loop was held milliseconds=60 by="tick" not_reported=99)");
  EXPECT_EQ(tasks().stalls, 101U);
  EXPECT_EQ(tasks().last_stalls.size(), loop_stalls_kept);
}

// Every input says who it is.
TEST(Culprit, IsNamedForEveryInput) {
  const core::JailKey key{"www", 1, 7};
  const auto stop = tests::stop("www");
  struct Row {
    core::Input input;
    std::string kind;
    std::string detail;
    std::string jail;
  };
  const std::vector<Row> rows{
      {core::Tick{}, "tick", "", ""},
      {core::Event{core::MainExited{key, {}}}, "event", "main exited", "www"},
      {core::Event{core::JailEmpty{key}}, "event", "jail empty", "www"},
      {core::Event{core::JailGone{"www", 7}}, "event", "jail gone", "www"},
      {core::Event{core::JailChanged{"www"}}, "event", "jail changed", "www"},
      {core::Event{core::MonitorLost{key}}, "event", "monitor lost", "www"},
      {core::Event{core::LimitHit{"www", Resource::maxproc}}, "event", "limit hit", "www"},
      {core::Event{core::LogTold{key, {}}}, "event", "log told", "www"},
      {core::ChangeRequested{1, stop}, "write", "stop", "www"},
      {core::Surveyed{core::Survey{}}, "survey", "", ""},
      {core::ReadinessChanged{key, true, false, ""}, "readiness", "", "www"},
      {core::ShutdownRequested{}, "shutdown", "", ""},
  };
  for (const auto& row : rows) {
    const auto culprit = culprit_of(row.input);
    EXPECT_EQ(culprit.kind, row.kind);
    EXPECT_EQ(culprit.detail, row.detail) << row.kind;
    EXPECT_EQ(culprit.jail, row.jail) << row.kind << " " << row.detail;
  }
}

TEST(Culprit, ACommitIsAboutTheFirstJailInIt) {
  core::RunRecord run;
  run.key.name = "www";
  EXPECT_EQ(jail_of({core::PutMeta{"a", "b"}, core::PutRun{run}, core::EraseJail{"db"}}), "www");
  EXPECT_EQ(jail_of({core::PutMeta{"a", "b"}}), "");
}

// What each input held the loop for is told with the operation and the jail it was about.
TEST(EngineObserver, IsToldWhoHeldTheLoop) {
  struct Observer final : EngineObserver {
    void on_fact(const JailEvent&) override {}
    void on_event(const JailEvent&) override {}
    void on_operation(std::string_view, bool, std::chrono::nanoseconds) override {}
    void on_commit(const Result<void>&, std::chrono::nanoseconds) override {}
    void on_input(const Culprit& input, std::chrono::nanoseconds) override {
      seen.insert(std::string(input.kind) + " " + std::string(input.detail) + " " + input.jail);
    }
    std::set<std::string> seen;
  };
  World world;
  Observer observer;
  world.engine.set_observer(&observer);
  ASSERT_TRUE(world.ask(declare("web", a_service()), seconds{0}));
  world.engine.set_observer(nullptr);
  for (const char* each : {"write declare web", "committed  web", "done resolve web", "done create web",
                           "done rctl web", "done command web"}) {
    EXPECT_TRUE(observer.seen.contains(each)) << each;
  }
}

TEST(Tasks, SayWhatEveryTransitionDoesAndForHowLong) {
  World world;
  auto spec = a_service();
  spec.params["exec.start"] = std::vector<std::string>{"sleep 30"};
  ASSERT_TRUE(world.ask(declare("web", spec), seconds{0}, seconds{10}));
  const auto tasks = world.service.tasks();
  ASSERT_EQ(tasks.items.size(), 1U);
  const auto& task = tasks.items[0];
  EXPECT_EQ(task.jail, "web");
  EXPECT_EQ(task.activity, "starting");
  EXPECT_EQ(task.step, "exec.start");
  EXPECT_EQ(task.command, "sleep 30");
  EXPECT_EQ(task.waits_for, "host");
  EXPECT_GT(task.step_seconds, 5);
  EXPECT_GE(task.seconds, task.step_seconds);
  world.pass(seconds{60});
  EXPECT_TRUE(world.service.tasks().items.empty()) << "it runs";
}

}  // namespace
}  // namespace jaild::runtime
