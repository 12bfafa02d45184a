// What somebody changed by hand on a jail that runs: told, named, put right where that is possible live.
#include "daemon/core/drift.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/daemon/core/world.h"

namespace jaild::core {
namespace {

using std::chrono::seconds;

RunRecord run_of(JailSpec spec) {
  RunRecord run;
  run.key = {"web", 3, 1};
  run.spec = std::move(spec);
  return run;
}

JailFacts facts_of(const RunRecord& run) {
  JailFacts facts;
  facts.jid = run.key.jid;
  facts.name = run.key.name;
  facts.path = run.spec.text("path");
  facts.params = {{"allow.raw_sockets", false}, {"allow.set_hostname", true}, {"securelevel", std::int64_t{-1}}};
  for (const auto& [name, value] : run.spec.params) facts.params[name] = value;
  for (const auto& rule : run.spec.rctl) facts.rules.push_back(rule.kernel_text(run.key.name));
  facts.cpus = run.spec.cpuset;
  return facts;
}

std::vector<std::string> fields_of(const std::vector<Drift>& found) {
  std::vector<std::string> fields;
  for (const auto& each : found) fields.push_back(each.field);
  return fields;
}

JailSpec confined() {
  auto spec = service();
  spec.rctl = {*RctlRule::parse("maxproc:deny=20"), *RctlRule::parse("memoryuse:deny=2g")};
  spec.cpuset = *CpuList::parse("0-1");
  spec.params["securelevel"] = std::int64_t{1};
  spec.params["ip4.addr"] = std::vector<std::string>{"em0|10.0.0.2/24", "10.0.0.1"};
  return spec;
}

using Fields = std::vector<std::string>;

TEST(Drift, WhatWasGivenIsNoDrift) {
  const auto run = run_of(confined());
  auto facts = facts_of(run);
  facts.params["ip4.addr"] = std::vector<std::string>{"10.0.0.1", "10.0.0.2"};  // as the kernel sorts them
  std::reverse(facts.rules.begin(), facts.rules.end());
  EXPECT_EQ(fields_of(find_drift(run, facts, {})), Fields{});
}

TEST(Drift, RulesThatHooksOfTheStartSetAreNoDriftAndOthersAre) {
  auto run = run_of(confined());
  run.hook_rules = {"jail:web:nthr:deny=5"};
  auto facts = facts_of(run);
  facts.rules.push_back("jail:web:nthr:deny=5");
  EXPECT_EQ(fields_of(find_drift(run, facts, {})), Fields{});
  facts.rules.back() = "jail:web:openfiles:deny=5";
  const auto found = find_drift(run, facts, {});
  ASSERT_EQ(fields_of(found), Fields{"rctl"});
  EXPECT_EQ(std::get<SetRules>(*found[0].repair).hook_rules, run.hook_rules) << "one that was removed comes back";
}

TEST(Drift, EachThingThatCanBeChangedByHandIsNamed) {
  const auto run = run_of(confined());
  struct Row {
    const char* field;
    std::function<void(JailFacts&)> by_hand;
  };
  const Row rows[] = {
      {"rctl", [](JailFacts& facts) { facts.rules.pop_back(); }},
      {"rctl", [](JailFacts& facts) { facts.rules.push_back("jail:web:nthr:deny=5"); }},
      {"cpuset", [](JailFacts& facts) { facts.cpus = *CpuList::parse("0"); }},
      {"securelevel", [](JailFacts& facts) { facts.params["securelevel"] = std::int64_t{0}; }},
      {"allow.raw_sockets", [](JailFacts& facts) { facts.params["allow.raw_sockets"] = true; }},
      {"allow.set_hostname", [](JailFacts& facts) { facts.params["allow.set_hostname"] = false; }},
      {"ip4.addr", [](JailFacts& facts) { facts.params["ip4.addr"] = std::vector<std::string>{"10.0.0.1"}; }},
      {"ip4.addr",
       [](JailFacts& facts) {
         facts.params["ip4"] = std::string("disable");
         facts.params.erase("ip4.addr");
       }},
      {"name", [](JailFacts& facts) { facts.name = "other"; }},
  };
  for (const auto& row : rows) {
    auto facts = facts_of(run);
    row.by_hand(facts);
    const auto found = find_drift(run, facts, {});
    EXPECT_EQ(fields_of(found), Fields{row.field});
    EXPECT_TRUE(found.size() == 1 && found[0].repair) << row.field;
  }
}

TEST(Drift, WhatTheJailMayDoItselfAndWhatCannotBeComparedIsNoDrift) {
  const auto run = run_of(confined());
  auto facts = facts_of(run);
  facts.params["securelevel"] = std::int64_t{3};  // raised from inside
  facts.params["host.hostname"] = std::string("chosen inside");
  facts.params["children.cur"] = std::int64_t{2};
  facts.params["a.newer.kernel"] = true;
  EXPECT_EQ(fields_of(find_drift(run, facts, {})), Fields{});
}

TEST(Drift, AChildJailMayHaveLessThanTheDefaultFromItsParent) {
  auto run = run_of(service());
  run.key.name = "web.child";
  auto facts = facts_of(run);
  facts.params["allow.set_hostname"] = false;
  EXPECT_EQ(fields_of(find_drift(run, facts, {})), Fields{});
  facts.params["allow.raw_sockets"] = true;
  EXPECT_EQ(fields_of(find_drift(run, facts, {})), Fields{"allow.raw_sockets"});
}

TEST(Drift, AMountThatIsGoneIsNamedAndWaitsForTheNextStart) {
  auto run = run_of(service());
  run.before_create = {{ResourceKind::mount, "/jail/dev", {}, false},
                       {ResourceKind::mount, "/jail/link", {{"mounted_on", "/real/link"}}, false}};
  const auto facts = facts_of(run);
  EXPECT_EQ(fields_of(find_drift(run, facts, {"/jail/dev", "/real/link"})), Fields{});
  const auto found = find_drift(run, facts, {"/jail/dev", "/jail/link"});
  EXPECT_EQ(fields_of(found), Fields{"mount /jail/link"});
  EXPECT_FALSE(found.at(0).repair);
}

// ---- what the supervisor does with it

struct Running {
  World world;
  JailFacts facts;

  explicit Running(JailSpec spec = confined()) {
    EXPECT_TRUE(world.declare("web", std::move(spec)));
    facts = facts_of(run_of(world.supervisor.find("web")->record().spec));
    facts.jid = world.key("web").jid;
    show();
    world.pass(seconds{1});
    world.log.clear();
  }
  void show() {
    world.survey.jails = {facts};
    world.survey.monitors = {{world.key("web"), true, std::nullopt}};
  }
  [[nodiscard]] JailStatus status() const { return world.supervisor.get("web")->status; }
  [[nodiscard]] std::uint64_t events(const std::string& type) const {
    const auto& counts = world.supervisor.event_counts();
    const auto found = counts.find(type);
    return found == counts.end() ? 0 : found->second;
  }
};

TEST(Drift, TheSweepPutsRulesBackAndSaysSo) {
  Running jail;
  jail.facts.rules.clear();
  jail.show();
  jail.world.host = [&](const Op&) -> std::optional<Result<Reply>> {
    jail.facts = facts_of(*jail.world.supervisor.find("web")->run());
    jail.show();
    return Reply{Nothing{}};
  };
  jail.world.pass(seconds{61});
  EXPECT_EQ(jail.world.log, Fields{"web rules 2"});
  EXPECT_EQ(jail.status().drift, Fields{});
  EXPECT_EQ(jail.events("jail.drifted"), 1U);
  EXPECT_EQ(jail.events("jail.repaired"), 1U);
  jail.world.pass(seconds{200});
  EXPECT_EQ(jail.world.log.size(), 1U) << "P7 a pass over an agreed state writes nothing";
}

TEST(Drift, WhatHooksOfTheStartSetIsShownStoredAndLeftInPeace) {
  World world;
  const std::string rule = "jail:web:openfiles:deny=9000";
  world.host = [&](const Op& op) -> std::optional<Result<Reply>> {
    const auto* rules = std::get_if<SetRules>(&op.what);
    if (rules != nullptr && rules->others_stay) return Reply{OtherRules{{rule}}};
    return Reply{Nothing{}};
  };
  auto spec = confined();
  spec.params["exec.poststart"] = std::vector<std::string>{"rctl -a " + rule + " || true"};
  ASSERT_TRUE(world.declare("web", spec));
  ASSERT_EQ(world.state("web"), JailState::running);
  EXPECT_EQ(world.supervisor.get("web")->status.hook_rules, Fields{rule});
  const auto stored = std::ranges::find_if(world.durable, [&](const Mutation& each) {
    const auto* put = std::get_if<PutRun>(&each);
    return put != nullptr && put->record.hook_rules == Fields{rule};
  });
  EXPECT_NE(stored, world.durable.end());
  world.log.clear();
  auto facts = facts_of(*world.supervisor.find("web")->run());
  facts.rules.push_back(rule);
  world.survey.jails = {facts};
  world.survey.monitors = {{world.key("web"), true, {}}};
  world.pass(seconds{200});
  EXPECT_EQ(world.log, Fields{});
  EXPECT_EQ(world.supervisor.get("web")->status.drift, Fields{});
}

TEST(Drift, AChangeThatTheKernelTellsOfIsSeenWithinASecond) {
  Running jail;
  jail.facts.params["allow.raw_sockets"] = true;
  jail.show();
  jail.world.feed(Event{JailChanged{"web"}});
  jail.world.pass(seconds{2});
  EXPECT_EQ(jail.world.log.at(0), "web set allow.raw_sockets");
}

TEST(Drift, ARepairThatTheKernelRefusesIsPendingWithItsReasonAndTriedWithTheNextSweepOnly) {
  Running jail;
  jail.world.host = [](const Op&) -> std::optional<Result<Reply>> {
    return Fail(jaild::Kind::conflict, "would become empty");
  };
  jail.facts.cpus = *CpuList::parse("0");
  jail.show();
  jail.world.pass(seconds{61});
  EXPECT_EQ(jail.status().drift, Fields{"cpuset"});
  EXPECT_EQ(jail.status().pending, Fields{"cpuset"});
  EXPECT_EQ(jail.status().reason, "cpuset: would become empty");
  EXPECT_EQ(jail.status().state, JailState::running);
  for (int i = 0; i < 20; ++i) jail.world.feed(Event{JailChanged{"web"}});
  jail.world.pass(seconds{30});
  EXPECT_EQ(jail.world.log.size(), 1U);
  EXPECT_EQ(jail.events("jail.drifted"), 1U);
  jail.world.host = nullptr;
  jail.world.pass(seconds{120});
  EXPECT_EQ(jail.world.log.at(1), "web cpuset");
}

TEST(Drift, AMountThatIsGoneIsShownAsDriftAndPendingAndNothingIsDone) {
  Running jail;
  World& world = jail.world;
  ASSERT_TRUE(world.ask(tests::stop("web")));
  world.host = [](const Op& op) -> std::optional<Result<Reply>> {
    if (!std::holds_alternative<Resolve>(op.what)) return Reply{Nothing{}};
    return Reply{Resolved{{{ResourceKind::mount, "/jail/dev", {}, false}}, {}, {}}};
  };
  ASSERT_TRUE(world.ask(tests::start("web")));
  jail.facts.jid = world.key("web").jid;
  jail.show();
  world.log.clear();
  world.pass(seconds{61});
  EXPECT_EQ(jail.status().drift, Fields{"mount /jail/dev"});
  EXPECT_EQ(jail.status().pending, Fields{"mount /jail/dev"});
  world.survey.mount_points = {"/jail/dev"};
  world.pass(seconds{61});
  EXPECT_EQ(jail.status().drift, Fields{});
  EXPECT_EQ(jail.status().pending, Fields{});
  EXPECT_TRUE(world.log.empty());
}

TEST(Drift, AJailRenamedByHandGetsItsNameBackAndIsNotTakenForGone) {
  Running jail;
  jail.facts.name = "other";
  jail.show();
  jail.world.pass(seconds{61});
  EXPECT_EQ(jail.world.log, Fields{"other set name"});
  EXPECT_EQ(jail.world.state("web"), JailState::running);
  EXPECT_TRUE(jail.world.supervisor.foreign().empty());
}

TEST(Drift, ASurveyFromBeforeTheLastChangeIsNoNews) {
  Running jail;
  World& world = jail.world;
  auto spec = confined();
  spec.cpuset = *CpuList::parse("0");
  world.feed(Event{JailChanged{"web"}});
  // The change is through before the answer of a look that began earlier comes.
  ASSERT_TRUE(world.declare("other", service(), Desired::stopped));
  const auto old = world.survey;
  ASSERT_TRUE(world.ask(tests::put("web", spec)));
  world.log.clear();
  world.feed(Surveyed{old});
  EXPECT_TRUE(world.log.empty());
  EXPECT_EQ(jail.status().drift, Fields{});
}

TEST(Drift, ForeignJailsAreNeverComparedNorTouchedP6) {
  Running jail;
  JailFacts foreign;
  foreign.jid = 99;
  foreign.name = "foreign";
  foreign.rules = {"jail:foreign:maxproc:deny=1"};
  jail.world.survey.jails.push_back(foreign);
  jail.world.pass(seconds{200});
  EXPECT_TRUE(jail.world.log.empty());
}

TEST(Drift, TheSweepNoticesAMonitorAndAnExitWhoseEventsWereLost) {
  Running exited;
  exited.world.survey.monitors[0].main_exit = exit_with(4);
  exited.world.pass(seconds{61});
  EXPECT_EQ(exited.status().last_exit->code, 4);

  Running lost;
  lost.world.survey.monitors.clear();
  lost.world.pass(seconds{61});
  EXPECT_EQ(lost.world.log.front(), "web open monitor");
}

}  // namespace
}  // namespace jaild::core
