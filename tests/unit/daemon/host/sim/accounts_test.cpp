// RACCT and RCTL, facts section 5: keyed by name.
#include "daemon/host/sim/accounts.h"

#include <cerrno>

#include "tests/unit/daemon/host/sim/sim_world.h"

namespace jaild::host::sim {
namespace {

std::vector<std::string> texts(const Machine& machine, const std::string& name) {
  std::vector<std::string> found;
  for (const RuleInForce& each : machine.kernel->accounts().rules(name)) found.push_back(each.rule.text());
  return found;
}

TEST(Rctl, Trap09_UnknownNamesReadAsZerosAndTakeRules) {
  Machine machine;
  const auto counters = machine.kernel->accounts().counters("nobody", machine.time->now());
  ASSERT_TRUE(counters);
  EXPECT_EQ(counters->processes, 0);
  EXPECT_TRUE(machine.hand.rctl_a("nobody", "maxproc:deny=5"));
  EXPECT_EQ(texts(machine, "nobody").size(), 1U);
}

TEST(Rctl, Trap09_RulesGoByNameNotByJid) {
  Machine machine;
  ASSERT_EQ(machine.create("www"), 1);
  ASSERT_TRUE(machine.hand.rctl_a("1", "maxproc:deny=1"));
  machine.start(1, "httpd");
  EXPECT_TRUE(machine.kernel->fork(machine.start(1, "httpd"))) << "jail:1: is the jail called 1";
}

TEST(Rctl, RemovingWhatIsNotThereIsNoSuchProcess) {
  Machine machine;
  EXPECT_EQ(errno_of(machine.kernel->rctl_remove("www", rule("maxproc:deny=5"), Actor::other)), ESRCH);
}

TEST(Rctl, DenyReplacesDenyOfAnotherAmountAndOthersStand) {
  Machine machine;
  for (const char* each : {"maxproc:deny=5", "maxproc:log=3", "maxproc:deny=7", "maxproc:log=4", "maxproc:log=3",
                           "nthr:deny=9", "openfiles:deny=9/process", "openfiles:deny=8"}) {
    ASSERT_TRUE(machine.hand.rctl_a("www", each)) << each;
  }
  EXPECT_EQ(texts(machine, "www"),
            (std::vector<std::string>{"maxproc:deny=7", "maxproc:log=3", "maxproc:log=4", "nthr:deny=9",
                                      "openfiles:deny=9/process", "openfiles:deny=8"}));
}

TEST(Rctl, Trap10_RulesAndCountersOutliveTheJail) {
  Machine machine;
  ASSERT_TRUE(machine.hand.rctl_a("www", "cputime:log=1000"));
  const auto first = machine.create("www");
  machine.start(*first, "burn");
  machine.run_for(100s);
  ASSERT_TRUE(machine.hand.jail_r("www"));
  machine.run_for(1s);
  ASSERT_EQ(machine.kernel->find(*first), nullptr);
  EXPECT_EQ(texts(machine, "www").size(), 1U);
  ASSERT_TRUE(machine.create("www"));
  const auto counters = machine.kernel->accounts().counters("www", machine.time->now());
  EXPECT_NEAR(counters->cpu_seconds, 10, 0.1) << "goes on from the old value";
  EXPECT_NEAR(counters->wall_seconds, 100, 0.1);
}

TEST(Rctl, WithoutRulesTheCountersStartAnew) {
  Machine machine;
  const auto first = machine.create("www");
  machine.start(*first, "burn");
  machine.run_for(100s);
  ASSERT_TRUE(machine.hand.jail_r("www"));
  machine.run_for(1s);
  ASSERT_TRUE(machine.create("www"));
  EXPECT_EQ(machine.kernel->accounts().counters("www", machine.time->now())->cpu_seconds, 0);
}

TEST(Rctl, DyingJailSharesTheAccountOfItsName) {
  Machine machine;
  machine.kernel->programs.set("nfs", Program{.runs = std::nullopt, .stuck = true});
  const auto first = machine.create("www");
  machine.start(*first, "nfs");
  ASSERT_TRUE(machine.hand.jail_r("www"));
  ASSERT_TRUE(machine.create("www"));
  EXPECT_EQ(machine.kernel->accounts().counters("www", machine.time->now())->processes, 1);
}

TEST(Rctl, RenameMovesCountersAndLeavesRules) {
  Machine machine;
  const auto jid = machine.create("old");
  machine.start(*jid, "httpd");
  ASSERT_TRUE(machine.hand.rctl_a("old", "maxproc:deny=5"));
  ASSERT_TRUE(machine.hand.rename("old", "new"));
  EXPECT_EQ(machine.kernel->accounts().counters("new", machine.time->now())->processes, 1);
  EXPECT_TRUE(texts(machine, "new").empty());
  EXPECT_EQ(texts(machine, "old").size(), 1U);
}

TEST(Rctl, Trap39_ChildJailsCountTowardsTheirParent) {
  Machine machine;
  const auto parent = machine.create("a", {{"children.max", std::int64_t{2}}});
  const auto child = machine.create("a.b");
  machine.start(*parent, "httpd");
  machine.start(*child, "httpd");
  EXPECT_EQ(machine.kernel->accounts().counters("a", machine.time->now())->processes, 2);
  EXPECT_EQ(machine.kernel->accounts().counters("a.b", machine.time->now())->processes, 1);
}

TEST(Rctl, Trap11_SwitchedOffEveryCallSaysSo) {
  Machine machine(KernelOptions{.racct = false});
  EXPECT_EQ(errno_of(machine.hand.rctl_a("www", "maxproc:deny=5")), ENOSYS);
  EXPECT_EQ(errno_of(machine.kernel->rctl_remove("www", rule("maxproc:deny=5"), Actor::other)), ENOSYS);
  EXPECT_EQ(errno_of(machine.kernel->accounts().counters("www", machine.time->now())), ENOSYS);
}

TEST(Rctl, UsageNamesAll25Resources) {
  Machine machine;
  const auto jid = machine.create("www");
  machine.start(*jid, "httpd");
  machine.start(*jid, "sleep 1000");
  machine.run_for(100s);
  const auto usage = usage_of(*machine.kernel->accounts().counters("www", machine.time->now()), 8);
  EXPECT_EQ(usage.resources.size(), 25U);
  EXPECT_EQ(usage.resources.at(Resource::maxproc), 2U);
  EXPECT_EQ(usage.resources.at(Resource::cputime), 10U) << "what sleeps uses none";
  EXPECT_EQ(usage.resources.at(Resource::wallclock), 200U) << "summed over processes";
  EXPECT_EQ(usage.resources.at(Resource::pcpu), 10U);
  EXPECT_GT(usage.resources.at(Resource::memoryuse), 0U);
}

TEST(Rctl, Trap13_PcpuIsPercentOfOneCpu) {
  Counters counters;
  counters.cpu_percent = 250;
  EXPECT_EQ(usage_of(counters, 8).resources.at(Resource::pcpu), 250U);
  EXPECT_EQ(usage_of(counters, 2).resources.at(Resource::pcpu), 200U) << "the machine has no more";
}

}  // namespace
}  // namespace jaild::host::sim
