// A number is durable before anybody hears it, never given again, and an event that nothing else takes to the disk goes
// there by itself.
#include <gtest/gtest.h>

#include "tests/unit/daemon/core/world.h"

namespace jaild::core {
namespace {

using std::chrono::seconds;

std::vector<std::string> types_of(const std::vector<JailEvent>& events) {
  std::vector<std::string> types;
  for (const auto& event : events) types.emplace_back(to_string(event.type));
  return types;
}

std::vector<std::string> stored(const World& world) {
  std::vector<std::string> types;
  for (const auto& each : world.durable) {
    if (const auto* add = std::get_if<AddEvent>(&each)) types.emplace_back(to_string(add->event.type));
  }
  return types;
}

void expect_consecutive(const std::vector<JailEvent>& events) {
  for (std::size_t i = 0; i < events.size(); ++i)
    EXPECT_EQ(events[i].id, events[0].id + i) << to_string(events[i].type);
}

JailSpec checked() {
  auto spec = service();
  spec.health = HealthSettings{};
  return spec;
}

void feed_readiness(World& world, const std::string& name, bool ready) {
  world.feed(ReadinessChanged{world.key(name), ready, false, ready ? "succeeded" : "failed"});
}

// A world in which all is told, with jails a, b and c that have a health check.
World& at_rest(World& world) {
  for (const char* name : {"a", "b", "c"}) EXPECT_TRUE(world.declare(name, checked()));
  world.pass(seconds{1});
  world.told.clear();
  world.durable.clear();
  return world;
}

TEST(Events, ThatNoOtherCommitTakesAlongHaveOneOfTheirOwnAtOnceP1) {
  World world;
  at_rest(world);
  feed_readiness(world, "a", true);
  EXPECT_TRUE(world.told.empty());
  const auto due = world.supervisor.next_deadline() - world.now.mono;
  EXPECT_LE(due, std::chrono::milliseconds{100});
  world.pass(seconds{1});
  EXPECT_EQ(types_of(world.told), std::vector<std::string>{"jail.ready"});
  EXPECT_EQ(stored(world), std::vector<std::string>{"jail.ready"});
}

TEST(Events, OfABurstAreOneCommit) {
  World world;
  at_rest(world);
  std::size_t commits = 0;
  world.store = [&](const Commit&) -> Result<void> {
    ++commits;
    return {};
  };
  for (const char* name : {"a", "b", "c"}) feed_readiness(world, name, true);
  world.pass(seconds{10});
  EXPECT_EQ(commits, 1U);
  EXPECT_EQ(world.told.size(), 3U);
  expect_consecutive(world.told);
}

TEST(Events, OfTheStartOfJaildAreStoredWithoutAnybodyElse) {
  World world({{}, 4, "boot1", 1}, Snapshot{{}, {}, {}, {{"boot_id", "boot1"}}, 40, 0}, {});
  EXPECT_TRUE(stored(world).empty());
  world.pass(seconds{1});
  EXPECT_EQ(stored(world), std::vector<std::string>{"daemon.started"});
  ASSERT_EQ(world.told.size(), 1U);
  EXPECT_EQ(world.told[0].id, 41U);
}

TEST(Events, AreHeardOnlyOnceTheyAreOnTheDisk) {
  World world;
  at_rest(world);
  const auto before = world.supervisor.last_event();
  world.hold_commits();
  feed_readiness(world, "a", true);
  world.pass(seconds{5});
  EXPECT_TRUE(world.told.empty());
  EXPECT_EQ(world.supervisor.last_event(), before);
  world.release_commits();
  ASSERT_EQ(world.told.size(), 1U);
  EXPECT_EQ(world.supervisor.last_event(), world.told[0].id);
}

TEST(Events, ThatTheDiskRefusesAreToldLaterAndNoNumberIsLost) {
  World world;
  at_rest(world);
  const auto before = world.supervisor.last_event();
  bool full = true;
  std::size_t refused = 0;
  world.store = [&](const Commit&) -> Result<void> {
    if (full) ++refused;
    return full ? Result<void>(Fail(Kind::storage_full, "the disk is full")) : Result<void>();
  };
  feed_readiness(world, "a", true);
  world.pass(seconds{10});
  feed_readiness(world, "b", true);
  world.pass(seconds{10});
  EXPECT_TRUE(world.told.empty());
  EXPECT_LE(refused, 24U) << "tried again once a second";
  full = false;
  world.pass(seconds{2});
  ASSERT_EQ(world.told.size(), 2U);
  EXPECT_EQ(world.told[0].jail, "a");
  EXPECT_EQ(world.told[0].id, before + 1);
  expect_consecutive(world.told);
}

TEST(Events, OfAWriteThatIsRefusedNeverHappened) {
  World world;
  at_rest(world);
  bool full = true;
  world.store = [&](const Commit&) -> Result<void> {
    return full ? Result<void>(Fail(Kind::storage_full, "the disk is full")) : Result<void>();
  };
  EXPECT_FALSE(world.declare("d", service()));
  full = false;
  EXPECT_TRUE(world.declare("e", service()));
  world.pass(seconds{5});
  EXPECT_EQ(types_of(world.told), (std::vector<std::string>{"jail.declared", "jail.starting", "jail.started"}));
  for (const auto& event : world.told) EXPECT_EQ(event.jail, "e");
  expect_consecutive(world.told);
}

TEST(Events, OfAStartJoinItsCommitsAndItsBudgetHolds) {
  World world;
  world.pass(seconds{1});
  std::size_t commits = 0;
  world.store = [&](const Commit&) -> Result<void> {
    ++commits;
    return {};
  };
  ASSERT_TRUE(world.declare("web", service()));
  world.pass(seconds{5});
  EXPECT_EQ(commits, 3U) << "the write, the intent, running";
  commits = 0;
  ASSERT_TRUE(world.ask(tests::stop("web")));
  world.pass(seconds{5});
  EXPECT_EQ(commits, 2U) << "the write, the end of the run";
}

}  // namespace
}  // namespace jaild::core
