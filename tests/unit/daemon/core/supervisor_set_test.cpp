#include <gtest/gtest.h>

#include <algorithm>

#include "daemon/core/supervisor.h"
#include "tests/unit/daemon/core/world.h"

namespace jaild::core {
namespace {

using std::chrono::seconds;

WriteSet::Member member(const std::string& name, JailSpec spec = service()) {
  return {name, std::move(spec), std::nullopt};
}

JailSpec labelled(const std::string& set) {
  auto spec = service();
  spec.labels["set"] = set;
  return spec;
}

WriteSet set_of(std::vector<WriteSet::Member> members) {
  WriteSet set;
  set.members = std::move(members);
  set.who.by = "test";
  return set;
}

// "web create, web start": what would be done, in order.
std::string actions_of(const std::vector<Change>& changes) {
  std::string text;
  for (const auto& change : changes) text += (text.empty() ? "" : ", ") + change.jail + " " + change.action;
  return text;
}

std::set<std::string> pointers_of(const Result<SetReply>& reply) {
  std::set<std::string> pointers;
  for (const auto& field : reply.error().fields) pointers.insert(field.pointer);
  return pointers;
}

TEST(SupervisorSet, MembersMayDependOnEachOtherInAnyOrderOfTheSet) {
  World world;
  const auto reply = world.apply(set_of({member("web", depending({"db"})), member("db")}));
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(actions_of(reply->changes), "db create, db start, web create, web start");
  EXPECT_EQ(world.state("web"), JailState::running);
  EXPECT_EQ(reply->objects.size(), 2U);
  EXPECT_EQ(reply->objects[0].name, "web");  // in the set's order
}

// More members than a piece of the work has: one to be written, one to be taken out, one that is as it should be.
WriteSet many(World& world) {
  std::vector<WriteSet::Member> members;
  for (int i = 0; i < 150; ++i) members.push_back(member("j" + std::to_string(i), labelled("s")));
  for (int i = 1; i < 150; ++i) members[i].spec.params["depend"] = std::vector{"j" + std::to_string(i - 1)};
  EXPECT_TRUE(world.declare("old", labelled("s")));
  EXPECT_TRUE(world.declare("j0", members[0].spec));
  auto other = members[1].spec;
  other.params["host.hostname"] = std::string("x");
  EXPECT_TRUE(world.declare("j1", other));
  auto set = set_of(std::move(members));
  set.prune["set"] = "s";
  return set;
}

TEST(SupervisorSet, ByPiecesItIsTheSameAsAtOnce) {
  World whole;
  World by_pieces;
  const auto expected = whole.apply(many(whole));
  const auto reply = by_pieces.apply_in_pieces(many(by_pieces));
  ASSERT_TRUE(expected && reply);
  EXPECT_EQ(actions_of(reply->changes), actions_of(expected->changes));
  EXPECT_EQ(by_pieces.log, whole.log);
  EXPECT_EQ(by_pieces.supervisor.find("old"), nullptr);
  EXPECT_EQ(by_pieces.supervisor.find("j1")->record(), whole.supervisor.find("j1")->record());
  ASSERT_EQ(by_pieces.told.size(), whole.told.size());
  for (std::size_t i = 0; i < whole.told.size(); ++i) EXPECT_EQ(by_pieces.told[i].message, whole.told[i].message);
}

TEST(SupervisorSet, MistakesThatAreFoundByPiecesAreToldAndNothingIsStored) {
  World world;
  const auto reply = world.apply_in_pieces(
      set_of({member("web", depending({"nobody"})), member("a", depending({"b"})), member("b", depending({"a"}))}));
  ASSERT_FALSE(reply);
  EXPECT_EQ(pointers_of(reply),
            (std::set<std::string>{"/jails/0/spec/params/depend/0", "/jails/1/spec/params/depend"}));
  EXPECT_EQ(world.supervisor.find("web"), nullptr);
}

// Whatever happens between two pieces, the set is checked against and planned on what is when it is carried out.
TEST(SupervisorSet, APlanThatIsOutdatedIsMadeAgain) {
  for (int when = 0; when < 20; ++when) {
    World world;
    ASSERT_TRUE(world.declare("db", service()));
    int piece = 0;
    const auto refused = world.apply_in_pieces(set_of({member("web", depending({"db"}))}), [&] {
      if (piece++ == when) ASSERT_TRUE(world.ask(Write::Verb::erase, "db"));
    });
    if (piece <= when) break;  // no more pieces than that
    ASSERT_FALSE(refused) << when;
    EXPECT_EQ(pointers_of(refused), std::set<std::string>{"/jails/0/spec/params/depend/0"});
    EXPECT_EQ(world.supervisor.find("web"), nullptr);
    piece = 0;
    const auto reply = world.apply_in_pieces(set_of({member("web", labelled("mine"))}), [&] {
      if (piece++ == when) ASSERT_TRUE(world.declare("web", labelled("theirs")));
    });
    ASSERT_TRUE(reply) << when;
    EXPECT_EQ(actions_of(reply->changes), "web live") << when;
    EXPECT_EQ(world.supervisor.find("web")->record().generation, 2U) << when;
    EXPECT_EQ(world.supervisor.find("web")->record().spec, labelled("mine")) << when;
  }
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
  ASSERT_TRUE(world.apply(set_of({member("a"), member("b"), member("c")})));
  EXPECT_EQ(commits_with_jails, 1U);
}

TEST(SupervisorSet, WhatCannotBeStoredIsNotDone) {
  World world;
  world.store = [](const Commit&) -> Result<void> { return Fail(Kind::storage_full, "the disk is full"); };
  const auto reply = world.apply(set_of({member("a"), member("b")}));
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
      world.apply(set_of({member("a", first), member("b", second), member("c", depending({"nobody"})),
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
  ASSERT_TRUE(world.apply(set_of({member("db"), member("web", depending({"db"}))})));
  const auto reply = world.apply(set_of({member("db", depending({"web"}))}));
  ASSERT_FALSE(reply);
  EXPECT_EQ(pointers_of(reply), std::set<std::string>{"/jails/0/spec/params/depend"});
}

TEST(SupervisorSet, APlanSaysWhatWouldHappenAndChangesNothing) {
  World world;
  ASSERT_TRUE(world.declare("web", service()));
  const auto before = world.log;
  auto changed = service();
  changed.command = "/bin/other";
  auto set = set_of({member("web", changed), member("db")});
  set.dry_run = true;
  const auto plan = world.apply(set);
  ASSERT_TRUE(plan);
  EXPECT_EQ(actions_of(plan->changes), "db create, db start, web restart, web stop, web start");
  EXPECT_EQ(world.log, before);
  EXPECT_EQ(world.supervisor.find("db"), nullptr);
}

TEST(SupervisorSet, WhatNeedsARestartIsRestartedUnlessTheSetSaysNot) {
  World world;
  ASSERT_TRUE(world.declare("web", service()));
  const int jid = *world.supervisor.get("web")->status.jid;
  auto changed = service();
  changed.command = "/bin/other";
  auto set = set_of({member("web", changed)});
  set.restart = false;
  ASSERT_TRUE(world.apply(set));
  EXPECT_EQ(world.supervisor.get("web")->status.jid, jid);
  EXPECT_FALSE(world.supervisor.get("web")->status.pending.empty());
  changed.command = "/bin/third";
  ASSERT_TRUE(world.apply(set_of({member("web", changed)})));
  EXPECT_NE(world.supervisor.get("web")->status.jid, jid);
  EXPECT_TRUE(world.supervisor.get("web")->status.pending.empty());
}

TEST(SupervisorSet, ASetThatHoldsIsNothingToDo) {
  World world;
  ASSERT_TRUE(world.apply(set_of({member("a"), member("b")})));
  const auto log = world.log;
  const auto again = world.apply(set_of({member("a"), member("b")}));
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->changes.empty());
  EXPECT_TRUE(again->settled);
  EXPECT_EQ(world.log, log);
}

TEST(SupervisorSet, PruneDeletesWhatHasTheLabelsAndIsNotInTheSet) {
  World world;
  ASSERT_TRUE(world.apply(set_of({member("a", labelled("shop")), member("b", labelled("shop")), member("c")})));
  auto set = set_of({member("a", labelled("shop"))});
  set.prune = {{"set", "shop"}};
  const auto reply = world.apply(set);
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(actions_of(reply->changes), "b stop, b delete");
  EXPECT_EQ(world.supervisor.find("b"), nullptr);
  EXPECT_NE(world.supervisor.find("c"), nullptr);
}

TEST(SupervisorSet, PruneDeletesDependantsFirstAndAlsoWhatIsDown) {
  World world;
  auto web = depending({"db"});
  web.labels["set"] = "shop";
  ASSERT_TRUE(
      world.apply(set_of({member("web", web), member("db", labelled("shop")), member("old", labelled("shop"))})));
  ASSERT_TRUE(world.ask(Write::Verb::stop, "old"));
  WriteSet set;
  set.prune = {{"set", "shop"}};
  const auto reply = world.apply(set);
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(actions_of(reply->changes), "web stop, web delete, old delete, db stop, db delete");
  EXPECT_TRUE(world.supervisor.jails().empty());
}

TEST(SupervisorSet, PruneKeepsWhatOthersNeed) {
  World world;
  ASSERT_TRUE(world.apply(set_of({member("db", labelled("shop")), member("web", depending({"db"}))})));
  auto set = set_of({member("a", labelled("shop"))});
  set.prune = {{"set", "shop"}};
  const auto reply = world.apply(set);
  ASSERT_FALSE(reply);
  EXPECT_EQ(pointers_of(reply), std::set<std::string>{"/prune"});
  EXPECT_NE(world.supervisor.find("db"), nullptr);
  EXPECT_EQ(world.supervisor.find("a"), nullptr);
}

TEST(SupervisorSet, AMemberWithoutTheLabelsOfPruneIsAMistakeBecauseItWouldStayForEver) {
  World world;
  auto set = set_of({member("a", labelled("shop")), member("b")});
  set.prune = {{"set", "shop"}};
  const auto reply = world.apply(set);
  ASSERT_FALSE(reply);
  EXPECT_EQ(pointers_of(reply), std::set<std::string>{"/jails/1/spec/labels"});
}

TEST(SupervisorSet, WishesAreCarriedToJailsOutsideOfTheSet) {
  World world;
  ASSERT_TRUE(world.declare("db", service(), Desired::stopped));
  ASSERT_TRUE(world.apply(set_of({member("web", depending({"db"}))})));
  EXPECT_EQ(world.state("db"), JailState::running);
  EXPECT_EQ(world.state("web"), JailState::running);
}

TEST(SupervisorSet, AMemberThatSaysNothingFollowsThoseThatNeedItAndThoseThatItNeeds) {
  World world;
  ASSERT_TRUE(world.declare("db", service(), Desired::stopped));
  auto up = set_of({member("db"), member("web", depending({"db"}))});
  ASSERT_TRUE(world.apply(up));
  EXPECT_EQ(world.state("db"), JailState::running);
  up.members[0].desired = Desired::stopped;
  ASSERT_TRUE(world.apply(up));
  EXPECT_EQ(world.state("web"), JailState::stopped);
  EXPECT_EQ(world.state("db"), JailState::stopped);
}

TEST(SupervisorSet, WishesThatTheSetSpellsOutMustAgree) {
  World world;
  auto set = set_of({member("db"), member("web", depending({"db"}))});
  set.members[0].desired = Desired::stopped;
  set.members[1].desired = Desired::running;
  const auto reply = world.apply(set);
  ASSERT_FALSE(reply);
  EXPECT_EQ(pointers_of(reply), std::set<std::string>{"/jails/1/desired"});
  EXPECT_TRUE(world.supervisor.jails().empty());
}

TEST(SupervisorSet, WhatWaitedForARestartIsAChangeOfTheNextSet) {
  World world;
  ASSERT_TRUE(world.declare("web", service()));
  auto set = set_of({member("web", service("nginx"))});
  set.restart = false;
  const auto pending = world.apply(set);
  ASSERT_TRUE(pending);
  EXPECT_EQ(actions_of(pending->changes), "web pending");
  set.restart = true;
  const auto reply = world.apply(set);
  ASSERT_TRUE(reply);
  EXPECT_EQ(actions_of(reply->changes), "web restart, web stop, web start");
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
  const auto reply = world.apply(set_of({member("web", spec)}));
  ASSERT_TRUE(reply);
  ASSERT_EQ(actions_of(reply->changes), "web live");
  EXPECT_EQ(reply->changes[0].fields, (std::vector<std::string>{"labels", "rctl"}));
  ASSERT_EQ(reply->changes[0].steps.size(), 1U);
  EXPECT_EQ(reply->changes[0].steps[0].command, "maxproc:deny=10");
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
  ASSERT_TRUE(world.ask(Write::Verb::erase, "web"));
  world.survey.jails = {facts};
  world.feed(Surveyed{world.survey});
  const auto reply = world.apply(set_of({member("new"), member("old"), member("web")}));
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
  EXPECT_FALSE(world.apply(set_of({member("web", labelled("new")), member("db", labelled("new"))})));  // no answer yet
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
  ASSERT_TRUE(world.apply(set_of({member("web", depending({"db"}))})));
  std::vector<std::string> lines;
  for (auto each = world.durable.begin() + static_cast<std::ptrdiff_t>(stored); each != world.durable.end(); ++each) {
    const auto* added = std::get_if<AddEvent>(&*each);
    if (added == nullptr || !added->event.data.contains("action")) continue;
    lines.push_back(added->event.type + " " + added->event.jail + " " + added->event.data.at("action") + " by " +
                    added->event.data.at("by"));
  }
  EXPECT_EQ(lines, (std::vector<std::string>{"jail.changed db apply by test", "jail.declared web apply by test"}));
}

TEST(SupervisorSet, AHundredJailsWithOneAddressAreNoMistakeAndThoseWithTwoAreR5_4) {
  World world;
  std::vector<WriteSet::Member> members;
  for (int i = 0; i < 100; ++i) {
    auto spec = service();
    spec.params["ip4.addr"] = std::vector<std::string>{"10.0.0.1"};
    members.push_back(member("j" + std::to_string(i), spec));
  }
  ASSERT_TRUE(world.apply(set_of(members)));
  members[7].spec.params["ip4.addr"] = std::vector<std::string>{"10.0.0.1", "10.0.0.2"};
  const auto reply = world.apply(set_of(members));
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
  EXPECT_FALSE(world.apply(set_of({member("a", labelled("x")), member("b")})));
  EXPECT_FALSE(world.declare("b", service()));
  world.release_commits();
  EXPECT_EQ(world.supervisor.find("a")->record().spec.labels.at("set"), "x");
  ASSERT_GE(jails_in_commits.size(), 2U);
  EXPECT_EQ(jails_in_commits[0], 1U);
  EXPECT_EQ(jails_in_commits[1], 2U);  // the set before the last write, which then came too late
}

}  // namespace
}  // namespace jaild::core
