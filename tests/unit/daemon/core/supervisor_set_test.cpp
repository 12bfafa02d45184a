#include <gtest/gtest.h>

#include <algorithm>

#include "daemon/core/supervisor.h"
#include "tests/unit/daemon/core/world.h"

namespace jaild::core {
namespace {

using std::chrono::seconds;
using tests::a_set;

Change member(const std::string& name, JailSpec spec = service()) {
  return tests::member(name, std::move(spec));
}

JailSpec labelled(const std::string& set) {
  auto spec = service();
  spec.labels["set"] = set;
  return spec;
}

Put& put_of(Change& change) {
  return std::get<Put>(change.what);
}

// "web create, web start": what would be done, in order.
std::string actions_of(const std::vector<Effect>& effects) {
  std::string text;
  for (const auto& each : effects)
    text += (text.empty() ? "" : ", ") + each.jail + " " + std::string(to_string(each.kind));
  return text;
}

std::set<std::string> pointers_of(const Result<ChangeReply>& reply) {
  std::set<std::string> pointers;
  for (const auto& field : reply.error().fields) pointers.insert(field.pointer);
  return pointers;
}

TEST(SupervisorSet, MembersMayDependOnEachOtherInAnyOrderOfTheSet) {
  World world;
  const auto reply = world.ask(a_set({member("web", depending({"db"})), member("db")}));
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(actions_of(reply->effects), "db create, db start, web create, web start");
  EXPECT_EQ(world.state("web"), JailState::running);
  EXPECT_EQ(reply->objects.size(), 2U);
  EXPECT_EQ(reply->objects[0].name, "web");  // in the set's order
}

TEST(SupervisorSet, ItIsOneTransaction) {
  World world;
  std::size_t commits_with_jails = 0;
  world.store = [&](const Commit& commit) -> Result<void> {
    const auto jails = std::count_if(commit.mutations.begin(), commit.mutations.end(),
                                     [](const Mutation& each) { return std::holds_alternative<PutJail>(each); });
    if (jails == 3) ++commits_with_jails;
    return {};
  };
  ASSERT_TRUE(world.ask(a_set({member("a"), member("b"), member("c")})));
  EXPECT_EQ(commits_with_jails, 1U);
}

TEST(SupervisorSet, WhatCannotBeStoredIsNotDone) {
  World world;
  world.store = [](const Commit&) -> Result<void> { return Fail(Kind::storage_full, "the disk is full"); };
  const auto reply = world.ask(a_set({member("a"), member("b")}));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, Kind::storage_full);
  EXPECT_EQ(world.supervisor.find("a"), nullptr);
  EXPECT_TRUE(world.log.empty());
}

// P10
TEST(SupervisorSet, AllMistakesOfAllMembersAreToldAndNothingIsStored) {
  World world;
  auto first = service();
  first.params["ip4.addr"] = std::vector<std::string>{"em0|10.0.0.1/24", "em0|10.0.0.2/24"};
  auto second = service();
  second.params["ip4.addr"] = std::vector<std::string>{"em0|10.0.0.2/24"};
  const auto reply =
      world.ask(a_set({member("a", first), member("b", second), member("c", depending({"nobody"})),
                       member("d", depending({"e"})), member("e", depending({"d"})), member("no.parent")}));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, Kind::invalid);
  EXPECT_EQ(pointers_of(reply),
            (std::set<std::string>{"/jails/0/spec/params/ip4.addr/1", "/jails/1/spec/params/ip4.addr/0",
                                   "/jails/2/spec/params/depend/0", "/jails/3/spec/params/depend", "/jails/5/name"}));
  EXPECT_EQ(world.supervisor.jails().size(), 0U);
}

TEST(SupervisorSet, ALoopThroughAJailOutsideOfTheSetIsFound) {
  World world;
  ASSERT_TRUE(world.ask(a_set({member("db"), member("web", depending({"db"}))})));
  const auto reply = world.ask(a_set({member("db", depending({"web"}))}));
  ASSERT_FALSE(reply);
  EXPECT_EQ(pointers_of(reply), std::set<std::string>{"/jails/0/spec/params/depend"});
}

TEST(SupervisorSet, APlanSaysWhatWouldHappenAndChangesNothing) {
  World world;
  ASSERT_TRUE(world.declare("web", service()));
  const auto before = world.log;
  auto changed = service();
  changed.command = "/bin/other";
  auto set = a_set({member("web", changed), member("db")});
  set.dry_run = true;
  const auto plan = world.ask(set);
  ASSERT_TRUE(plan);
  EXPECT_EQ(actions_of(plan->effects), "db create, db start, web restart, web stop, web start");
  EXPECT_EQ(world.log, before);
  EXPECT_EQ(world.supervisor.find("db"), nullptr);
}

TEST(SupervisorSet, WhatNeedsARestartIsRestartedUnlessTheSetSaysNot) {
  World world;
  ASSERT_TRUE(world.declare("web", service()));
  const int jid = *world.supervisor.get("web")->status.jid;
  auto changed = service();
  changed.command = "/bin/other";
  auto set = a_set({member("web", changed)});
  set.restart = false;
  ASSERT_TRUE(world.ask(set));
  EXPECT_EQ(world.supervisor.get("web")->status.jid, jid);
  EXPECT_FALSE(world.supervisor.get("web")->status.pending.empty());
  changed.command = "/bin/third";
  ASSERT_TRUE(world.ask(a_set({member("web", changed)})));
  EXPECT_NE(world.supervisor.get("web")->status.jid, jid);
  EXPECT_TRUE(world.supervisor.get("web")->status.pending.empty());
}

TEST(SupervisorSet, ASetThatHoldsIsNothingToDo) {
  World world;
  ASSERT_TRUE(world.ask(a_set({member("a"), member("b")})));
  const auto log = world.log;
  const auto again = world.ask(a_set({member("a"), member("b")}));
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->effects.empty());
  EXPECT_TRUE(again->settled);
  EXPECT_EQ(world.log, log);
}

TEST(SupervisorSet, PruneDeletesWhatHasTheLabelsAndIsNotInTheSet) {
  World world;
  ASSERT_TRUE(world.ask(a_set({member("a", labelled("shop")), member("b", labelled("shop")), member("c")})));
  auto set = a_set({member("a", labelled("shop"))});
  set.prune = {{"set", "shop"}};
  const auto reply = world.ask(set);
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(actions_of(reply->effects), "b stop, b delete");
  EXPECT_EQ(world.supervisor.find("b"), nullptr);
  EXPECT_NE(world.supervisor.find("c"), nullptr);
}

TEST(SupervisorSet, PruneDeletesDependantsFirstAndAlsoWhatIsDown) {
  World world;
  auto web = depending({"db"});
  web.labels["set"] = "shop";
  ASSERT_TRUE(world.ask(a_set({member("web", web), member("db", labelled("shop")), member("old", labelled("shop"))})));
  ASSERT_TRUE(world.ask(tests::stop("old")));
  auto set = a_set({});
  set.prune = {{"set", "shop"}};
  const auto reply = world.ask(set);
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(actions_of(reply->effects), "web stop, web delete, old delete, db stop, db delete");
  EXPECT_TRUE(world.supervisor.jails().empty());
}

TEST(SupervisorSet, PruneKeepsWhatOthersNeed) {
  World world;
  ASSERT_TRUE(world.ask(a_set({member("db", labelled("shop")), member("web", depending({"db"}))})));
  auto set = a_set({member("a", labelled("shop"))});
  set.prune = {{"set", "shop"}};
  const auto reply = world.ask(set);
  ASSERT_FALSE(reply);
  EXPECT_EQ(pointers_of(reply), std::set<std::string>{"/prune"});
  EXPECT_NE(world.supervisor.find("db"), nullptr);
  EXPECT_EQ(world.supervisor.find("a"), nullptr);
}

TEST(SupervisorSet, AMemberWithoutTheLabelsOfPruneIsAMistakeBecauseItWouldStayForEver) {
  World world;
  auto set = a_set({member("a", labelled("shop")), member("b")});
  set.prune = {{"set", "shop"}};
  const auto reply = world.ask(set);
  ASSERT_FALSE(reply);
  EXPECT_EQ(pointers_of(reply), std::set<std::string>{"/jails/1/spec/labels"});
}

TEST(SupervisorSet, WishesAreCarriedToJailsOutsideOfTheSet) {
  World world;
  ASSERT_TRUE(world.declare("db", service(), Desired::stopped));
  ASSERT_TRUE(world.ask(a_set({member("web", depending({"db"}))})));
  EXPECT_EQ(world.state("db"), JailState::running);
  EXPECT_EQ(world.state("web"), JailState::running);
}

TEST(SupervisorSet, AMemberThatSaysNothingFollowsThoseThatNeedItAndThoseThatItNeeds) {
  World world;
  ASSERT_TRUE(world.declare("db", service(), Desired::stopped));
  auto up = a_set({member("db"), member("web", depending({"db"}))});
  ASSERT_TRUE(world.ask(up));
  EXPECT_EQ(world.state("db"), JailState::running);
  put_of(up.changes[0]).desired = Desired::stopped;
  ASSERT_TRUE(world.ask(up));
  EXPECT_EQ(world.state("web"), JailState::stopped);
  EXPECT_EQ(world.state("db"), JailState::stopped);
}

TEST(SupervisorSet, WishesThatTheSetSpellsOutMustAgree) {
  World world;
  auto set = a_set({member("db"), member("web", depending({"db"}))});
  put_of(set.changes[0]).desired = Desired::stopped;
  put_of(set.changes[1]).desired = Desired::running;
  const auto reply = world.ask(set);
  ASSERT_FALSE(reply);
  EXPECT_EQ(pointers_of(reply), std::set<std::string>{"/jails/1/desired"});
  EXPECT_TRUE(world.supervisor.jails().empty());
}

TEST(SupervisorSet, WhatWaitedForARestartIsAChangeOfTheNextSet) {
  World world;
  ASSERT_TRUE(world.declare("web", service()));
  auto set = a_set({member("web", service("nginx"))});
  set.restart = false;
  const auto pending = world.ask(set);
  ASSERT_TRUE(pending);
  EXPECT_EQ(actions_of(pending->effects), "web pending");
  set.restart = true;
  const auto reply = world.ask(set);
  ASSERT_TRUE(reply);
  EXPECT_EQ(actions_of(reply->effects), "web restart, web stop, web start");
  EXPECT_TRUE(world.supervisor.get("web")->status.pending.empty());
  EXPECT_EQ(world.supervisor.get("web")->generation, 2U);
}

TEST(SupervisorSet, ALiveChangeTellsWhatIsDoneAndDoesNotRestart) {
  World world;
  ASSERT_TRUE(world.declare("web", service()));
  const auto jid = world.supervisor.get("web")->status.jid;
  auto spec = service();
  spec.rctl = {*RctlRule::parse("maxproc:deny=10")};
  spec.labels["tier"] = "web";
  const auto reply = world.ask(a_set({member("web", spec)}));
  ASSERT_TRUE(reply);
  ASSERT_EQ(actions_of(reply->effects), "web live");
  EXPECT_EQ(reply->effects[0].fields, (std::vector<std::string>{"labels", "rctl"}));
  ASSERT_EQ(reply->effects[0].steps.size(), 1U);
  EXPECT_EQ(reply->effects[0].steps[0].command, "maxproc:deny=10");
  EXPECT_EQ(world.supervisor.get("web")->status.jid, jid);
}

TEST(SupervisorSet, AForeignJailAndOneThatIsBeingDeletedAreNoMembers) {
  World world;
  JailFacts facts;
  facts.jid = 9;
  facts.name = "old";
  ASSERT_TRUE(world.declare("web", service()));
  world.host = [](const Op& op) -> std::optional<Result<Reply>> {
    if (std::holds_alternative<Terminate>(op.what)) return std::nullopt;
    return Reply{Nothing{}};
  };
  ASSERT_TRUE(world.ask(tests::erase("web")));
  world.survey.jails = {facts};
  world.feed(Surveyed{world.survey});
  const auto reply = world.ask(a_set({member("new"), member("old"), member("web")}));
  ASSERT_FALSE(reply);
  EXPECT_EQ(pointers_of(reply), (std::set<std::string>{"/jails/1/name", "/jails/2/name"}));
  EXPECT_EQ(world.supervisor.find("new"), nullptr);
}

// P1: what happens to a jail while a set that it is in is on its way to the disk is written after the set: it must not
// undo the set where that holds, nor take some of it to the disk where that is refused.
class CommitsOfASetsJails : public testing::TestWithParam<bool> {};

TEST_P(CommitsOfASetsJails, DoNotSplitTheSet) {
  const bool refused = GetParam();
  World world;
  ASSERT_TRUE(world.declare("web", labelled("old")));
  std::map<std::string, std::string> stored{{"web", "old"}};  // the label of each
  std::vector<std::map<std::string, std::string>> states;
  bool exit_stored = false;
  world.store = [&](const Commit& commit) -> Result<void> {
    if (refused && states.empty()) {
      states.push_back(stored);
      return Fail(Kind::storage_full, "the disk is full");
    }
    for (const auto& each : commit.mutations) {
      const auto* put = std::get_if<PutJail>(&each);
      if (put == nullptr) continue;
      stored[put->record.name] = put->record.spec.labels.at("set");
      exit_stored = exit_stored || put->record.last_exit.has_value();
    }
    states.push_back(stored);
    return {};
  };
  world.hold_commits();
  EXPECT_FALSE(world.ask(a_set({member("web", labelled("new")), member("db", labelled("new"))})));  // no answer yet
  world.feed(Event{MainExited{world.key("web"), exit_with(1)}});
  world.release_commits();
  const std::map<std::string, std::string> whole{{"web", "new"}, {"db", "new"}};
  const std::map<std::string, std::string> before{{"web", "old"}};
  EXPECT_TRUE(exit_stored);
  for (const auto& state : states) EXPECT_EQ(state, refused ? before : whole);
  EXPECT_EQ(world.supervisor.find("db") == nullptr, refused);
  EXPECT_EQ(world.supervisor.find("web")->record().spec.labels.at("set"), refused ? "old" : "new");
}

INSTANTIATE_TEST_SUITE_P(StoredOrRefused, CommitsOfASetsJails, testing::Bool());

TEST(SupervisorSet, EachJailHasItsAuditLine) {
  World world;
  ASSERT_TRUE(world.declare("db", service(), Desired::stopped));
  const auto stored = world.durable.size();
  ASSERT_TRUE(world.ask(a_set({member("web", depending({"db"}))})));
  std::vector<std::string> lines;
  for (auto each = world.durable.begin() + static_cast<std::ptrdiff_t>(stored); each != world.durable.end(); ++each) {
    const auto* added = std::get_if<AddEvent>(&*each);
    if (added == nullptr || !added->event.data.contains("action")) continue;
    lines.push_back(std::string(to_string(added->event.type)) + " " + added->event.jail + " " +
                    added->event.data.at("action") + " by " + added->event.data.at("by"));
  }
  EXPECT_EQ(lines, (std::vector<std::string>{"jail.changed db apply by test", "jail.declared web apply by test"}));
}

TEST(SupervisorSet, AHundredJailsWithOneAddressAreNoMistakeAndThoseWithTwoAreR5_4) {
  World world;
  std::vector<Change> members;
  for (int i = 0; i < 100; ++i) {
    auto spec = service();
    spec.params["ip4.addr"] = std::vector<std::string>{"10.0.0.1"};
    members.push_back(member("j" + std::to_string(i), spec));
  }
  ASSERT_TRUE(world.ask(a_set(members)));
  put_of(members[7]).spec.params["ip4.addr"] = std::vector<std::string>{"10.0.0.1", "10.0.0.2"};
  const auto reply = world.ask(a_set(members));
  ASSERT_FALSE(reply);
  EXPECT_TRUE(pointers_of(reply).contains("/jails/7/spec/params/ip4.addr/0"));
  EXPECT_EQ(reply.error().fields.size(), 100U);  // each of the others sees that one
}

TEST(SupervisorSet, ASetWaitsForAWriteThatIsUnderWayAndLaterWritesWaitForTheSet) {
  World world;
  std::vector<std::size_t> jails_in_commits;
  world.store = [&](const Commit& commit) -> Result<void> {
    std::size_t jails = 0;
    for (const auto& each : commit.mutations) jails += std::holds_alternative<PutJail>(each) ? 1 : 0;
    if (jails > 0) jails_in_commits.push_back(jails);
    return {};
  };
  world.hold_commits();
  EXPECT_FALSE(world.declare("a", service()));  // no answer yet
  EXPECT_FALSE(world.ask(a_set({member("a", labelled("x")), member("b")})));
  EXPECT_FALSE(world.declare("b", service()));
  world.release_commits();
  EXPECT_EQ(world.supervisor.find("a")->record().spec.labels.at("set"), "x");
  ASSERT_GE(jails_in_commits.size(), 2U);
  EXPECT_EQ(jails_in_commits[0], 1U);
  EXPECT_EQ(jails_in_commits[1], 2U);  // the set before the last write, which then came too late
}

// More members than a piece of the work has.
ChangeRequest a_chain() {
  std::vector<Change> members;
  for (int i = 0; i < 200; ++i) {
    auto spec = i == 0 ? service() : depending({"j" + std::to_string(i - 1)});
    spec.labels["set"] = "x";
    members.push_back(member("j" + std::to_string(i), spec));
  }
  auto chain = a_set(std::move(members));
  chain.prune = {{"set", "x"}};
  return chain;
}

TEST(LargeSet, ADryRunTellsWhatItDoesWhateverHappensBetweenItsPieces) {
  World world;
  for (std::size_t pieces = 0;; ++pieces) {
    ASSERT_TRUE(world.declare("old", labelled("x"), Desired::stopped));
    world.holds_plans = true;
    EXPECT_FALSE(world.ask(tests::dry_run(a_chain())));  // no answer yet
    const Ticket asked = world.last_ticket();
    for (std::size_t i = 0; i < pieces && !world.answers.contains(asked); ++i) world.go_on_with_plans();
    const bool over = world.answers.contains(asked);
    ASSERT_TRUE(world.ask(tests::erase("old"))) << pieces;
    while (!world.answers.contains(asked)) world.go_on_with_plans();
    EXPECT_TRUE(world.answers.at(asked)) << pieces;
    if (over) break;
  }
}

// P10
TEST(LargeSet, AllMistakesAreToldAndNothingIsStored) {
  World world;
  auto set = a_chain();
  put_of(set.changes[3]).spec.params["depend"] = std::vector<std::string>{"nobody"};
  put_of(set.changes[150]).spec.labels.clear();
  put_of(set.changes[0]).spec.params["depend"] = std::vector<std::string>{"j2"};
  const auto reply = world.ask(set);
  ASSERT_FALSE(reply);
  EXPECT_EQ(pointers_of(reply), (std::set<std::string>{"/jails/3/spec/params/depend/0", "/jails/150/spec/labels",
                                                       "/jails/0/spec/params/depend"}));
  EXPECT_TRUE(world.supervisor.jails().empty());
}

TEST(LargeSet, OtherWritesWaitWhileItIsPlanned) {
  World world;
  world.holds_plans = true;
  EXPECT_FALSE(world.ask(a_chain()));
  const Ticket set = world.last_ticket();
  EXPECT_FALSE(world.declare("late", service()));
  const Ticket late = world.last_ticket();
  while (!world.answers.contains(set)) world.go_on_with_plans();
  EXPECT_TRUE(world.answers.at(set));
  EXPECT_EQ(world.supervisor.jails().size(), 201U);
  EXPECT_TRUE(world.answers.at(late));
}

// P1
TEST(LargeSet, WhatHappensToItsJailsWhileItIsPlannedIsNotUndone) {
  World world;
  auto members = a_chain();
  members.prune.clear();
  auto spec = service();
  spec.restart.policy = RestartPolicy::never;
  ASSERT_TRUE(world.declare("web", spec));
  members.changes.push_back(member("web", spec));
  world.holds_plans = true;
  EXPECT_FALSE(world.ask(std::move(members)));
  const Ticket set = world.last_ticket();
  for (int i = 0; i < 12; ++i) world.go_on_with_plans();
  world.feed(Event{MainExited{world.key("web"), exit_with(1)}});
  while (!world.answers.contains(set)) world.go_on_with_plans();
  ASSERT_TRUE(world.answers.at(set)) << world.answers.at(set).error().message;
  for (const auto& each : world.durable) {
    const auto* put = std::get_if<PutJail>(&each);
    if (put != nullptr && put->record.name == "web" && put->record.last_exit) EXPECT_FALSE(put->record.failure.empty());
  }
  EXPECT_EQ(world.state("web"), JailState::failed);
  EXPECT_EQ(world.supervisor.find("web")->record().last_exit->code, 1);
}

}  // namespace
}  // namespace jaild::core
