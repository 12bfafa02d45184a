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
  spec.cpuset = *CpuList::parse("900");
  spec.params["no.such"] = std::string("x");
  const auto answer = world.write(declare("web", spec), seconds{0});
  ASSERT_TRUE(answer);
  ASSERT_FALSE(*answer);
  EXPECT_EQ(answer->error().kind, Kind::invalid);
  EXPECT_EQ(answer->error().fields.size(), 2U);
  EXPECT_EQ(world.store.commits(), 1U);  // the boot's record
  EXPECT_FALSE(world.service.get("web"));
}

TEST(JailService, WhatOtherJailsForbidIsToldWithTheSpecsOwnMistakesP10) {
  World world;
  auto spec = a_service();
  spec.params["no.such"] = std::string("x");
  spec.params["depend"] = std::vector<std::string>{"nobody"};
  const auto answer = world.write(declare("web", spec), seconds{0});
  ASSERT_TRUE(answer && !*answer);
  ASSERT_EQ(answer->error().fields.size(), 2U);
  EXPECT_EQ(answer->error().fields[0].pointer, "/spec/params/no.such");
  EXPECT_EQ(answer->error().fields[1].pointer, "/spec/params/depend/0");
}

TEST(JailService, ASetIsToldWhatTheHostAndTheOtherJailsForbidAndIsNotStoredP10) {
  World world;
  auto refused = a_service();
  refused.params["ip_hostname"] = true;
  auto lonely = a_service();
  lonely.params["depend"] = std::vector<std::string>{"nobody"};
  const auto answer =
      world.write_set(a_set({{"good", a_service(), {}}, {"web", refused, {}}, {"db", lonely, {}}}), seconds{0});
  ASSERT_TRUE(answer && !*answer);
  ASSERT_EQ(answer->error().fields.size(), 2U);
  EXPECT_EQ(answer->error().fields[0].pointer, "/jails/1/spec/params/ip_hostname");
  EXPECT_EQ(answer->error().fields[1].pointer, "/jails/2/spec/params/depend/0");
  EXPECT_EQ(world.store.commits(), 1U);  // the boot's record
}

// More members than a piece of the work has.
WriteSet a_chain(int length) {
  std::vector<WriteSet::Member> members;
  for (int i = 0; i < length; ++i) {
    auto spec = a_service();
    if (i > 0) spec.params["depend"] = std::vector<std::string>{"j" + std::to_string(i - 1)};
    members.push_back({"j" + std::to_string(i), spec, {}});
  }
  return a_set(std::move(members));
}

TEST(JailService, ADryRunOfASetTellsWhatTheSetDoesAndStoresNothing) {
  World world;
  auto chain = a_chain(200);
  const auto actions = [](const std::vector<Change>& changes) {
    std::vector<std::string> told;
    for (const auto& each : changes) told.push_back(each.action + " " + each.jail);
    return told;
  };
  chain.dry_run = true;
  const auto dry = world.write_set(chain, seconds{0});
  ASSERT_TRUE(dry && *dry);
  EXPECT_EQ(world.store.commits(), 1U);  // the boot's record
  chain.dry_run = false;
  const auto real = world.write_set(chain, seconds{0});
  ASSERT_TRUE(real && *real);
  EXPECT_EQ((*dry)->changes.size(), 400U);  // each is created and started
  EXPECT_EQ(actions((*dry)->changes), actions((*real)->changes));
}

// One at a time has the loop for a piece only, so jails come and go between two of them.
TEST(JailService, APreviewSurvivesWhatHappensBetweenItsPieces) {
  World world;
  auto old = a_service();
  old.labels["stack"] = "x";
  auto early = declare("old", old);
  early.desired = Desired::stopped;
  ASSERT_TRUE(world.write(early, seconds{0}).value());
  auto chain = a_chain(200);
  for (auto& member : chain.members) member.spec.labels["stack"] = "x";
  chain.prune["stack"] = "x";
  for (int before = 0; before < 20; ++before) {
    if (!world.service.get("old")) ASSERT_TRUE(world.write(early, seconds{0}).value());
    auto& supervisor = world.engine.supervisor();
    const auto preview = supervisor.begin_preview(chain, world.loop.now());
    bool over = false;
    for (int piece = 0; piece < before && !over; ++piece) over = supervisor.go_on(*preview);
    Write erase = declare("old", {});
    erase.verb = Write::Verb::erase;
    erase.spec.reset();
    erase.desired.reset();
    ASSERT_TRUE(world.write(erase, seconds{0}).value());
    while (!over) over = supervisor.go_on(*preview);
    EXPECT_TRUE(core::Supervisor::reply_of(*preview)) << before;
  }
}

TEST(JailService, UsageOfAJailThatDoesNotRunIsRefused) {
  World world;
  std::optional<Kind> nobody;
  world.service.usage("nobody", [&](const auto& result) { nobody = result.error().kind; });
  EXPECT_EQ(nobody, Kind::not_found);
  auto stopped = declare("web", a_service());
  stopped.desired = Desired::stopped;
  ASSERT_TRUE(world.write(stopped, seconds{0}));
  std::optional<Kind> kind;
  world.service.usage("web", [&](const auto& result) { kind = result.error().kind; });
  EXPECT_EQ(kind, Kind::not_running);
}

TEST(JailService, UsageOfARunningJailComesWithTheRulesInForce) {
  World world;
  auto spec = a_service();
  spec.rctl = {*RctlRule::parse("maxproc:deny=20")};
  ASSERT_TRUE(world.write(declare("web", spec), seconds{0}));
  std::optional<std::pair<Usage, std::vector<RctlRule>>> usage;
  world.service.usage("web", [&](const auto& result) { usage = *result; });
  world.pass(seconds{1});
  ASSERT_TRUE(usage);
  EXPECT_EQ(usage->second, spec.rctl);
  EXPECT_EQ(usage->first.resources.at(Resource::maxproc), 1);
}

TEST(JailService, ProcessesOfAJailThatDoesNotRunAreNone) {
  World world;
  auto stopped = declare("web", a_service());
  stopped.desired = Desired::stopped;
  ASSERT_TRUE(world.write(stopped, seconds{0}));
  std::optional<std::size_t> count;
  world.service.processes("web", [&](const auto& result) { count = result->size(); });
  EXPECT_EQ(count, 0U);
}

TEST(JailService, ReadersShareTheTextOfAJailUntilSomethingHappensToItR7_1) {
  World world;
  ASSERT_TRUE(world.write(declare("db", a_service()), seconds{0}));
  ASSERT_TRUE(world.write(declare("web", a_service()), seconds{0}));
  world.pass(seconds{5});
  const auto db = *world.service.view("db");
  const auto web = *world.service.view("web");
  auto changed = a_service();
  changed.labels["tier"] = "front";
  Write write = declare("web", changed);
  write.verb = Write::Verb::replace;
  ASSERT_TRUE(world.write(write, seconds{0}));
  const auto list = world.service.list({});
  ASSERT_EQ(list.items.size(), 2U);
  EXPECT_EQ(list.items[0], db) << "the same view, not an equal one";
  EXPECT_NE(list.items[1], web);
  EXPECT_EQ(web->json().find("front"), std::string::npos) << "a view stays what it was";
  EXPECT_NE(list.items[1]->json().find("front"), std::string::npos);
}

TEST(JailService, ScrapesAtTheSameTimeShareOneWalk) {
  World world;
  ASSERT_TRUE(world.write(declare("web", a_service()), seconds{0}));
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
  ASSERT_TRUE(world.write(declare("web", a_service()), seconds{0}));
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
  ASSERT_TRUE(world.write(declare("web", a_service()), seconds{0}));
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
  Write erase;
  erase.verb = Write::Verb::erase;
  erase.name = "web";
  ASSERT_TRUE(world.write(erase, seconds{0}, seconds{60}));
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST(JailService, HistoryListsEveryGenerationOnce) {
  World world;
  ASSERT_TRUE(world.write(declare("web", a_service()), seconds{0}));
  auto replace = declare("web", a_service());
  replace.verb = Write::Verb::replace;
  replace.spec->priority = 10;
  ASSERT_TRUE(world.write(replace, seconds{0}));
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
  const auto refused = world.write(declare("web", a_service()), seconds{0});
  ASSERT_TRUE(refused && !*refused);
  EXPECT_TRUE(store_check().second.starts_with("the last write failed: ")) << store_check().second;
  const auto taken = world.write(declare("web", a_service()), seconds{0});
  ASSERT_TRUE(taken && *taken);
  EXPECT_EQ(store_check().second, "ok");
}

}  // namespace
}  // namespace jaild::runtime
