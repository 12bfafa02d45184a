#include "daemon/runtime/jail_service.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/daemon/runtime/world.h"

namespace jaild::runtime {
namespace {

using std::chrono::seconds;

TEST(JailService, ASpecTheHostRefusesIsAnsweredWithItsPointersAndNothingIsStored) {
  World world;
  auto spec = a_service();
  spec.params["ip_hostname"] = true;
  const auto answer = world.ask(declare("web", spec), seconds{0});
  ASSERT_TRUE(answer);
  ASSERT_FALSE(*answer);
  EXPECT_EQ(answer->error().kind, Kind::invalid);
  ASSERT_EQ(answer->error().fields.size(), 1U);
  EXPECT_EQ(answer->error().fields[0].pointer, "/spec/params/ip_hostname");
  EXPECT_EQ(world.store.commits(), 1U);  // the boot's record
  EXPECT_FALSE(world.service.get("web"));
}

TEST(JailService, WhatOtherJailsForbidIsToldWithTheHostsMistakesP10) {
  World world;
  auto spec = a_service();
  spec.params["ip_hostname"] = true;
  spec.params["depend"] = std::vector<std::string>{"nobody"};
  const auto answer = world.ask(declare("web", spec), seconds{0});
  ASSERT_TRUE(answer && !*answer);
  ASSERT_EQ(answer->error().fields.size(), 2U);
  EXPECT_EQ(answer->error().fields[0].pointer, "/spec/params/ip_hostname");
  EXPECT_EQ(answer->error().fields[1].pointer, "/spec/params/depend/0");
}

TEST(JailService, ASetIsToldWhatTheHostAndTheOtherJailsForbidAndIsNotStoredP10) {
  World world;
  auto refused = a_service();
  refused.params["ip_hostname"] = true;
  auto lonely = a_service();
  lonely.params["depend"] = std::vector<std::string>{"nobody"};
  const auto answer =
      world.ask(a_set({member("good", a_service()), member("web", refused), member("db", lonely)}), seconds{0});
  ASSERT_TRUE(answer && !*answer);
  ASSERT_EQ(answer->error().fields.size(), 2U);
  EXPECT_EQ(answer->error().fields[0].pointer, "/jails/1/spec/params/ip_hostname");
  EXPECT_EQ(answer->error().fields[1].pointer, "/jails/2/spec/params/depend/0");
  EXPECT_EQ(world.store.commits(), 1U);  // the boot's record
}

// More members than a piece of the work has.
ChangeRequest a_chain(int length) {
  std::vector<Change> members;
  for (int i = 0; i < length; ++i) {
    auto spec = a_service();
    if (i > 0) spec.params["depend"] = std::vector<std::string>{"j" + std::to_string(i - 1)};
    members.push_back(member("j" + std::to_string(i), spec));
  }
  return a_set(std::move(members));
}

TEST(JailService, ADryRunOfASetTellsWhatTheSetDoesAndStoresNothing) {
  World world;
  auto chain = a_chain(200);
  const auto actions = [](const std::vector<Effect>& effects) {
    std::vector<std::string> told;
    for (const auto& each : effects) told.push_back(std::string(to_string(each.kind)) + " " + each.jail);
    return told;
  };
  chain.dry_run = true;
  const auto dry = world.ask(chain, seconds{0});
  ASSERT_TRUE(dry && *dry);
  EXPECT_EQ(world.store.commits(), 1U);  // the boot's record
  chain.dry_run = false;
  const auto real = world.ask(chain, seconds{0});
  ASSERT_TRUE(real && *real);
  EXPECT_EQ((*dry)->effects.size(), 400U);  // each is created and started
  EXPECT_EQ(actions((*dry)->effects), actions((*real)->effects));
}

TEST(JailService, UsageOfAJailThatDoesNotRunIsRefused) {
  World world;
  std::optional<Kind> nobody;
  world.service.usage("nobody", [&](const auto& result) { nobody = result.error().kind; });
  EXPECT_EQ(nobody, Kind::not_found);
  const auto stopped = declare("web", a_service(), Desired::stopped);
  ASSERT_TRUE(world.ask(stopped, seconds{0}));
  std::optional<Kind> kind;
  world.service.usage("web", [&](const auto& result) { kind = result.error().kind; });
  EXPECT_EQ(kind, Kind::not_running);
}

TEST(JailService, UsageOfARunningJailComesWithTheRulesInForce) {
  World world;
  auto spec = a_service();
  spec.rctl = {*RctlRule::parse("maxproc:deny=20")};
  ASSERT_TRUE(world.ask(declare("web", spec), seconds{0}));
  std::optional<std::pair<Usage, std::vector<RctlRule>>> usage;
  world.service.usage("web", [&](const auto& result) { usage = *result; });
  world.pass(seconds{1});
  ASSERT_TRUE(usage);
  EXPECT_EQ(usage->second, spec.rctl);
  EXPECT_EQ(usage->first.resources.at(Resource::maxproc), 1);
}

TEST(JailService, ProcessesOfAJailThatDoesNotRunAreNone) {
  World world;
  const auto stopped = declare("web", a_service(), Desired::stopped);
  ASSERT_TRUE(world.ask(stopped, seconds{0}));
  std::optional<std::size_t> count;
  world.service.processes("web", [&](const auto& result) { count = result->size(); });
  EXPECT_EQ(count, 0U);
}

TEST(JailService, ReadersShareTheTextOfAJailUntilSomethingHappensToItR7_1) {
  World world;
  ASSERT_TRUE(world.ask(declare("db", a_service()), seconds{0}));
  ASSERT_TRUE(world.ask(declare("web", a_service()), seconds{0}));
  world.pass(seconds{5});
  const auto db = *world.service.view("db");
  const auto web = *world.service.view("web");
  auto changed = a_service();
  changed.labels["tier"] = "front";
  ASSERT_TRUE(world.ask(tests::put("web", changed), seconds{0}));
  const auto list = world.service.list({});
  ASSERT_EQ(list.items.size(), 2U);
  EXPECT_EQ(list.items[0], db) << "the same view, not an equal one";
  EXPECT_NE(list.items[1], web);
  EXPECT_EQ(web->json().find("front"), std::string::npos) << "a view stays what it was";
  EXPECT_NE(list.items[1]->json().find("front"), std::string::npos);
}

TEST(JailService, ScrapesAtTheSameTimeShareOneWalk) {
  World world;
  ASSERT_TRUE(world.ask(declare("web", a_service()), seconds{0}));
  std::vector<server::SharedText> texts;
  for (int i = 0; i < 3; ++i) {
    world.service.metrics([&texts](const Result<server::SharedText>& text) { texts.push_back(*text); });
  }
  world.pass(seconds{1});
  ASSERT_EQ(texts.size(), 3U);
  EXPECT_EQ(texts[0], texts[2]) << "the same text, not an equal one";
  EXPECT_NE(texts[0]->find(R"(jaild_jail_state{jail="web",state="running"} 1)"), std::string::npos);
}

TEST(JailService, ASubscriberMayEndItsOwnSubscriptionWhileItIsTold) {
  World world;
  int told = 0;
  std::unique_ptr<server::Subscription> subscription;
  subscription = world.service.subscribe([&](const JailEvent&) {
    ++told;
    subscription.reset();
  });
  ASSERT_TRUE(world.ask(declare("web", a_service()), seconds{0}));
  EXPECT_EQ(told, 1);
}

TEST(JailService, ASubscriptionMayOutliveTheService) {
  World world;
  auto service = std::make_unique<JailService>(world.loop, world.engine, world.host, world.store, world.metrics,
                                               world.consoles.path());
  const auto subscription = service->subscribe([](const JailEvent&) {});
  service.reset();
}

TEST(JailService, AnAnswerThatComesAfterTheServiceIsGoneIsDropped) {
  World world;
  bool answered = false;
  {
    JailService service{world.loop, world.engine, world.host, world.store, world.metrics, world.consoles.path()};
    service.metrics([&answered](const Result<server::SharedText>&) { answered = true; });
  }
  world.pass(seconds{1});
  EXPECT_FALSE(answered);
}

TEST(JailService, ALogIsReadFromItsFileAndGoesWithItsJail) {
  World world;
  EXPECT_EQ(world.service.log("web", {}).error().kind, Kind::not_found);
  ASSERT_TRUE(world.ask(declare("web", a_service()), seconds{0}));
  const auto file = world.consoles.path() / "web.log";
  std::ofstream(file) << "2026-01-31T12:00:00.000Z 1 command out hello\n";
  const auto reading = world.service.log("web", {});
  ASSERT_TRUE(reading);
  std::optional<LogPage> page;
  (*reading)->next([&](const auto& result) { page = *result; });
  world.pass(seconds{1});
  ASSERT_TRUE(page);
  ASSERT_EQ(page->lines.size(), 1U);
  EXPECT_EQ(page->lines[0].text, "hello");
  const auto erase = tests::erase("web");
  ASSERT_TRUE(world.ask(erase, seconds{0}, seconds{60}));
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST(JailService, HistoryListsEveryGenerationOnce) {
  World world;
  ASSERT_TRUE(world.ask(declare("web", a_service()), seconds{0}));
  auto later = a_service();
  later.priority = 10;
  ASSERT_TRUE(world.ask(tests::put("web", later), seconds{0}));
  HistoryPage page;
  world.service.history("web", {}, [&](const auto& result) { page = *result; });
  world.pass(seconds{1});
  ASSERT_EQ(page.versions.size(), 2U);
  EXPECT_NE(page.versions[0].generation, page.versions[1].generation);
  EXPECT_FALSE(page.more);
  world.service.history("web", {.after = 0, .limit = 1}, [&](const auto& result) { page = *result; });
  world.pass(seconds{1});
  EXPECT_EQ(page.versions.size(), 1U);
  EXPECT_TRUE(page.more);
}

TEST(JailService, ReadinessSaysThatRacctIsOffAndIsReadyAllTheSame) {
  World world;
  EXPECT_TRUE(world.service.readiness().ready);
}

TEST(JailService, ReadinessTellsOfAStoreThatTookNothing) {
  World world;
  const auto store_check = [&] { return world.service.readiness().checks.at(0); };
  EXPECT_EQ(store_check(), std::make_pair(std::string("store"), std::string("ok")));
  world.store.fail_commit(1, Kind::storage_full);
  const auto refused = world.ask(declare("web", a_service()), seconds{0});
  ASSERT_TRUE(refused && !*refused);
  EXPECT_TRUE(store_check().second.starts_with("the last write failed: ")) << store_check().second;
  const auto taken = world.ask(declare("web", a_service()), seconds{0});
  ASSERT_TRUE(taken && *taken);
  EXPECT_EQ(store_check().second, "ok");
}

}  // namespace
}  // namespace jaild::runtime
