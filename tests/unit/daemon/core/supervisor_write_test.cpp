#include <gtest/gtest.h>

#include "tests/unit/daemon/core/world.h"

namespace jaild::core {
namespace {

using tests::put;

TEST(SupervisorWrite, ANameThatIsTakenIsRefused) {
  World world;
  ASSERT_TRUE(world.declare("web", service()));
  const auto again = world.declare("web", service());
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, Kind::exists);
}

TEST(SupervisorWrite, DependenciesThatDoNotExistAreAllNamedWithTheirPointer) {
  World world;
  const auto reply = world.declare("web", depending({"db", "cache"}));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, Kind::invalid);
  EXPECT_EQ(reply.error().fields, (std::vector<FieldError>{{"/spec/params/depend/0", "no jail is called db"},
                                                           {"/spec/params/depend/1", "no jail is called cache"}}));
  EXPECT_EQ(world.supervisor.find("web"), nullptr);
}

TEST(SupervisorWrite, ALoopOverThreeIsSpelledOutAndNothingIsStored) {
  World world;
  ASSERT_TRUE(world.declare("a", service(), Desired::stopped));
  ASSERT_TRUE(world.declare("b", depending({"a"}), Desired::stopped));
  ASSERT_TRUE(world.declare("c", depending({"b"}), Desired::stopped));
  const auto stored = world.durable.size();
  const auto reply = world.ask(put("a", depending({"c"})));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().fields.front().detail, "the dependencies form a loop: a -> c -> b -> a");
  EXPECT_EQ(world.durable.size(), stored);
  EXPECT_EQ(world.supervisor.get("a")->generation, 1U);
}

TEST(SupervisorWrite, StartCarriesTheDependenciesAndADryRunListsThemWithoutAWrite) {
  World world;
  ASSERT_TRUE(world.declare("db", service(), Desired::stopped));
  ASSERT_TRUE(world.declare("web", depending({"db"}), Desired::stopped));
  const auto stored = world.durable.size();
  const auto plan = world.ask(tests::dry_run(tests::start("web")));
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->effects.size(), 2U);
  EXPECT_EQ(plan->effects[0].jail, "db");
  EXPECT_EQ(plan->effects[0].kind, Effect::Kind::start);
  EXPECT_FALSE(plan->effects[0].steps.empty());
  EXPECT_EQ(plan->effects[1].jail, "web");
  EXPECT_EQ(world.durable.size(), stored);
  EXPECT_EQ(world.state("db"), JailState::stopped);
}

// As Linux, where a jail has a control group, and no mount or alias that a start makes.
SupervisorOptions of_another_host() {
  SupervisorOptions options{{}, 4, "boot1", 1};
  options.ways.things_of = [](const std::string& name, const JailSpec&) {
    Resolved things;
    things.before_create = {{ResourceKind::cgroup, name, {}, false}};
    things.after_create = {{ResourceKind::interface, "br0|10.0.0.1/24", {}, false}};
    return things;
  };
  options.ways.changes_live = [](const std::string& param) { return param == "host.hostname"; };
  return options;
}

TEST(SupervisorWrite, ADryRunShowsTheStepsThatTheHostWouldTake) {
  World world(of_another_host());
  auto spec = service();
  spec.params["mount.devfs"] = true;
  spec.params["ip4.addr"] = std::vector<std::string>{"br0|10.0.0.1/24"};
  const auto plan = world.ask(tests::dry_run(tests::declare("web", spec)));
  ASSERT_TRUE(plan) << plan.error().message;
  ASSERT_EQ(plan->effects.size(), 2U);
  std::vector<std::string> steps;
  for (const auto& step : plan->effects[1].steps) steps.push_back(step.step + " " + step.command);
  EXPECT_EQ(steps, (std::vector<std::string>{"monitor ", "cgroup web", "create /jail", "rctl ",
                                             "interface br0|10.0.0.1/24", "command httpd"}));
}

TEST(SupervisorWrite, WhatTheHostDoesNotChangeLiveIsPendingInThePlanAndAfterIt) {
  World world(of_another_host());
  ASSERT_TRUE(world.declare("web", service()));
  auto spec = service();
  spec.params["allow.raw_sockets"] = true;
  spec.params["host.hostname"] = std::string("www");
  const auto plan = world.ask(tests::dry_run(put("web", spec)));
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->effects.size(), 2U);
  EXPECT_EQ(plan->effects[0].kind, Effect::Kind::live);
  EXPECT_EQ(plan->effects[0].fields, std::vector<std::string>{"host.hostname"});
  EXPECT_EQ(plan->effects[1].kind, Effect::Kind::pending);
  EXPECT_EQ(plan->effects[1].fields, std::vector<std::string>{"allow.raw_sockets"});
  world.log.clear();
  ASSERT_TRUE(world.ask(put("web", spec)));
  EXPECT_EQ(world.log, std::vector<std::string>{"web set host.hostname"});
  EXPECT_EQ(world.supervisor.get("web")->status.pending, std::vector<std::string>{"allow.raw_sockets"});
}

TEST(SupervisorWrite, DeleteWithDependantsIsRefusedAndNamesThem) {
  World world;
  ASSERT_TRUE(world.declare("db", service()));
  ASSERT_TRUE(world.declare("web", depending({"db"})));
  const auto reply = world.ask(tests::erase("db"));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, Kind::conflict);
  EXPECT_NE(reply.error().message.find("web"), std::string::npos);
}

TEST(SupervisorWrite, ADependantThatGoesTooHoldsTheStopUpButNotTheDeletion) {
  World world;
  ASSERT_TRUE(world.declare("db", service()));
  ASSERT_TRUE(world.declare("web", depending({"db"})));
  world.host = [](const Op& op) -> std::optional<Result<Reply>> {
    if (std::holds_alternative<Terminate>(op.what)) return std::nullopt;
    return Reply{Nothing{}};
  };
  ASSERT_TRUE(world.ask(tests::erase("web")));
  const auto reply = world.ask(tests::erase("db"));
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(world.log.back(), "web terminate");
  EXPECT_EQ(world.reason("db"), "waits for web to stop");
  world.release(Reply{Terminated{0}});
  EXPECT_EQ(world.supervisor.find("web"), nullptr);
  world.release(Reply{Terminated{0}});
  EXPECT_EQ(world.supervisor.find("db"), nullptr);
}

TEST(SupervisorWrite, AStopThatWaitsForADependantGoesOnWhenThatOneNeedsTheJailNoMore) {
  World world;
  ASSERT_TRUE(world.declare("db", service()));
  ASSERT_TRUE(world.declare("web", depending({"db"})));
  world.host = [](const Op& op) -> std::optional<Result<Reply>> {
    const auto* stop = std::get_if<Terminate>(&op.what);
    if (stop != nullptr && stop->key.name == "web") return std::nullopt;
    return Reply{Nothing{}};
  };
  ASSERT_TRUE(world.ask(tests::stop("db")));
  EXPECT_EQ(world.reason("db"), "waits for web to stop");
  ASSERT_TRUE(world.ask(put("web", service())));
  EXPECT_EQ(world.state("db"), JailState::stopped);
}

TEST(SupervisorWrite, DeleteStopsAndForgetsR9_6) {
  World world;
  ASSERT_TRUE(world.declare("web", service()));
  const auto reply = world.ask(tests::erase("web"));
  ASSERT_TRUE(reply);
  EXPECT_EQ(world.supervisor.find("web"), nullptr);
  ASSERT_TRUE(world.declare("web", service()));
  EXPECT_EQ(world.state("web"), JailState::running);
}

TEST(SupervisorWrite, PreconditionsGuardAgainstALostUpdate) {
  World world;
  ASSERT_TRUE(world.declare("web", service()));
  auto request = put("web", service("nginx"));
  Conditions& only_if = request.changes[0].only_if;
  only_if.generation = 2;
  EXPECT_EQ(world.ask(request).error().kind, Kind::precondition_failed);
  only_if.generation = 1;
  ASSERT_TRUE(world.ask(request));
  EXPECT_EQ(world.supervisor.get("web")->generation, 2U);
  only_if = {};
  only_if.absent = true;
  EXPECT_EQ(world.ask(request).error().kind, Kind::precondition_failed);
}

TEST(SupervisorWrite, TheSameSpecAgainIsNoNewGeneration) {
  World world;
  ASSERT_TRUE(world.declare("web", service()));
  const auto stored = world.durable.size();
  ASSERT_TRUE(world.ask(put("web", service())));
  EXPECT_EQ(world.supervisor.get("web")->generation, 1U);
  EXPECT_EQ(world.durable.size(), stored);
}

TEST(SupervisorWrite, AWriteThatCannotBeStoredChangesNothingP1) {
  World world;
  world.store = [](const Commit&) -> Result<void> { return Fail(Kind::storage_full, "the disk is full"); };
  const auto reply = world.declare("web", service());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, Kind::storage_full);
  EXPECT_EQ(world.supervisor.find("web"), nullptr);
  EXPECT_TRUE(world.log.empty());
}

TEST(SupervisorWrite, AnAddressOfAnotherJailIsRefusedUnlessBothHaveOnlyThatOneR5_4) {
  World world;
  const auto with = [](std::vector<std::string> addresses) {
    auto spec = service();
    spec.params["ip4.addr"] = std::move(addresses);
    return spec;
  };
  ASSERT_TRUE(world.declare("a", with({"em0|10.0.0.1/24"})));
  ASSERT_TRUE(world.declare("b", with({"10.0.0.1"})));
  const auto reply = world.declare("c", with({"10.0.0.2", "10.0.0.1"}));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().fields.front().pointer, "/spec/params/ip4.addr/1");
  EXPECT_EQ(reply.error().fields.front().detail, "10.0.0.1 belongs to jail a");
}

TEST(SupervisorWrite, AForeignJailIsListedAndNeverTakenOverByAWriteP6R9_4) {
  Survey survey;
  JailFacts facts;
  facts.jid = 9;
  facts.name = "old";
  survey.jails = {facts};
  World world({{}, 4, "boot1", 1}, {}, survey);
  EXPECT_EQ(world.state("old"), JailState::foreign);
  EXPECT_EQ(world.supervisor.names({}).size(), 1U);
  const auto reply = world.declare("old", service());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, Kind::conflict);
  EXPECT_TRUE(world.log.empty());
}

}  // namespace
}  // namespace jaild::core
