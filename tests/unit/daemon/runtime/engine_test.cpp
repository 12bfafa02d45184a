#include "daemon/runtime/engine.h"

#include <gtest/gtest.h>

#include "tests/unit/daemon/runtime/world.h"

namespace jaild::runtime {
namespace {

using std::chrono::seconds;

TEST(Engine, AWriteThatDoesNotWaitIsAnsweredWhenItIsDurable) {
  World world;
  world.store.hold();
  EXPECT_FALSE(world.ask(declare("web", a_service()), seconds{0}));
  ASSERT_TRUE(world.store.deliver());
  world.pass(seconds{1});
  EXPECT_TRUE(world.service.get("web"));
}

TEST(Engine, AWriteThatWaitsIsAnsweredWhenTheWishHolds) {
  World world;
  const auto answer = world.ask(declare("web", a_service()), seconds{30});
  ASSERT_TRUE(answer && *answer);
  EXPECT_TRUE((*answer)->settled);
  EXPECT_EQ((*answer)->objects.at(0).status.state, JailState::running);
}

TEST(Engine, AWriteThatWaitsIsAnsweredAtItsDeadlineWithTheJailAsItIs) {
  World world;
  auto spec = a_service();
  spec.params["exec.prestart"] = std::vector<std::string>{"sleep 20"};
  std::optional<Result<ChangeReply>> answer;
  world.service.change(declare("web", spec), seconds{5}, [&](Result<ChangeReply> reply) { answer = std::move(reply); });
  world.pass(seconds{4});
  EXPECT_FALSE(answer);
  world.pass(seconds{2});
  ASSERT_TRUE(answer && *answer);
  EXPECT_FALSE((*answer)->settled);
  EXPECT_EQ((*answer)->objects.at(0).status.state, JailState::starting);
}

TEST(Engine, AWriteThatWaitsIsAnsweredAtOnceWhenTheJailFails) {
  World world;
  auto spec = a_service();
  spec.params["exec.start"] = std::vector<std::string>{"false"};
  spec.restart.policy = RestartPolicy::never;
  const auto answer = world.ask(declare("web", spec), seconds{600}, seconds{10});
  ASSERT_TRUE(answer && *answer);
  EXPECT_EQ((*answer)->objects.at(0).status.state, JailState::failed);
}

TEST(Engine, AnEraseThatWaitsIsAnsweredWhenNothingIsLeft) {
  World world;
  ASSERT_TRUE(world.ask(declare("web", a_service()), seconds{30}));
  const auto erase = tests::erase("web");
  const auto answer = world.ask(erase, seconds{60}, seconds{40});
  ASSERT_TRUE(answer && *answer);
  EXPECT_TRUE((*answer)->objects.empty());
  EXPECT_FALSE(world.service.get("web"));
}

TEST(Engine, ASetIsOneCommitAndItsWaitEndsWhenAllOfItHolds) {
  World world;
  const auto commits = world.store.commits();
  auto web = a_service();
  web.params["depend"] = std::vector<std::string>{"db"};
  auto stopped = a_set({member("web", web, Desired::stopped), member("db", a_service(), Desired::stopped)});
  ASSERT_TRUE(world.ask(stopped, seconds{0}).value());
  EXPECT_EQ(world.store.commits(), commits + 1);
  auto set = a_set({member("web", web, Desired::running), member("db", a_service(), Desired::running)});
  const auto answer = world.ask(set, seconds{30});
  ASSERT_TRUE(answer && *answer);
  EXPECT_TRUE((*answer)->settled);
  EXPECT_EQ((*answer)->objects[0].status.state, JailState::running);
  EXPECT_EQ((*answer)->objects[1].status.state, JailState::running);
}

TEST(Engine, ASetThatWaitsIsAnsweredAtItsDeadlineWithTheJailsAsTheyAre) {
  World world;
  auto slow = a_service();
  slow.params["exec.prestart"] = std::vector<std::string>{"sleep 60"};
  EXPECT_FALSE(world.ask(a_set({member("web", slow)}), seconds{5}, seconds{4}));
  const auto answer = world.ask(a_set({member("other", slow)}), seconds{5}, seconds{6});
  ASSERT_TRUE(answer && *answer);
  EXPECT_FALSE((*answer)->settled);
  EXPECT_EQ((*answer)->objects[0].status.state, JailState::starting);
}

TEST(Engine, TheWritesThatWaitAreBounded) {
  World world;
  world.store.hold();  // nothing is ever durable, so that nobody is answered
  std::size_t refused = 0;
  for (std::size_t i = 0; i < waiters_max + 5; ++i) {
    world.engine.change(declare("j" + std::to_string(i), a_service()), seconds{1},
                        [&refused](Result<ChangeReply> reply) {
                          if (!reply && reply.error().kind == Kind::overloaded) ++refused;
                        });
  }
  EXPECT_GE(refused, 5U);
}

TEST(Engine, WhatAStoppedEngineHadUnderWayIsNotAnsweredAndDoesNoHarm) {
  World world;
  bool answered = false;
  auto spec = a_service();
  spec.params["exec.prestart"] = std::vector<std::string>{"sleep 20"};
  world.service.change(declare("web", spec), seconds{60}, [&answered](const Result<ChangeReply>&) { answered = true; });
  world.pass(seconds{3});
  world.engine.stop();
  world.pass(seconds{120});
  EXPECT_FALSE(answered);
}

TEST(Engine, AProbeRunsBesideTheJailAndIsAnsweredOnce) {
  World world;
  ASSERT_TRUE(world.ask(declare("web", a_service()), seconds{30}));
  const auto key = world.engine.supervisor().find("web")->run()->key;
  core::Command command;
  command.line = "exit 3";
  command.in_jail = true;
  command.timeout = seconds{5};
  int answers = 0;
  world.engine.probe(key, command, [&answers](const Result<core::CommandResult>& result) {
    ++answers;
    ASSERT_TRUE(result);
    EXPECT_EQ(result->code, 3);
  });
  world.pass(seconds{5});
  EXPECT_EQ(answers, 1);
}

TEST(Engine, AStartThatCannotReadTheStoreIsRefusedWithTheReason) {
  World world;
  world.engine.stop();
  world.store.fail_load(Kind::storage_full);
  host::sim::SimHost host{world.timeline, world.kernel, nullptr};
  Engine second{world.loop, host, world.store, core::SupervisorOptions{{}, 4, "boot", 1}};
  const auto started = second.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().kind, Kind::storage_full);
}

TEST(Engine, AtHostShutdownAllJailsStopAndNothingStarts) {
  World world;
  ASSERT_TRUE(world.ask(declare("web", a_service()), seconds{30}));
  std::optional<bool> down;
  world.engine.shut_down_jails(seconds{60}, [&down](bool all) { down = all; });
  world.pass(seconds{30});
  EXPECT_EQ(down, true);
  EXPECT_EQ(world.state("web"), JailState::stopped);
}

TEST(Engine, AHostShutdownEndsAtItsBudgetAndSaysThatJailsAreLeft) {
  World world;
  auto spec = a_service();
  spec.params["exec.stop"] = std::vector<std::string>{"sleep 300"};
  spec.params["exec.timeout"] = std::int64_t{200};
  ASSERT_TRUE(world.ask(declare("web", spec), seconds{30}));
  std::optional<bool> down;
  world.engine.shut_down_jails(seconds{10}, [&down](bool all) { down = all; });
  world.pass(seconds{11});
  EXPECT_EQ(down, false);
}

}  // namespace
}  // namespace jaild::runtime
