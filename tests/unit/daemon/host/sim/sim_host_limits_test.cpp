// SetRules, SetCpuset, SetParams, and the observer of P3.
#include <cerrno>

#include "tests/unit/daemon/host/sim/sim_world.h"

namespace jaild::host::sim {
namespace {

std::vector<std::string> in_force(const Machine& machine, const std::string& name) {
  std::vector<std::string> texts;
  for (const RuleInForce& each : machine.kernel->accounts().rules(name)) texts.push_back(each.rule.text());
  return texts;
}

struct RefusesOneRule final : FaultPlan {
  int on_rule(const std::string&, const RctlRule& rule) override { return rule.text() == "nthr:deny=9" ? EPERM : 0; }
};

TEST(SimLimits, R8_3_RulesOfAFormerJailOfThatNameGo) {
  Machine machine;
  ASSERT_TRUE(machine.hand.rctl_a("www", "maxproc:deny=1"));
  Daemon daemon(machine);
  JailSpec spec;
  spec.rctl = {rule("nthr:deny=9")};
  daemon.up("www", spec);
  EXPECT_EQ(in_force(machine, "www"), std::vector<std::string>{"nthr:deny=9"});
}

// What a hook of exec.prestart sets is there before the jail is, and stays when the jail gets the spec's rules.
TEST(SimLimits, RulesThatHooksSetStayAndAreNamed) {
  Machine machine;
  Daemon daemon(machine);
  const JailKey before{"www", 7, 0};
  ASSERT_TRUE(daemon.perform(OpenMonitor{before}));
  core::Command hook;
  hook.phase = "exec.prestart";
  hook.line = "rctl -a jail:www:memoryuse:deny=1g jail:www:pcpu:deny=50 || true";
  ASSERT_TRUE(daemon.perform(core::Run{before, hook}));
  JailSpec spec;
  spec.params["path"] = std::string("/jail/www");
  const auto made = daemon.perform(Create{before, spec});
  ASSERT_TRUE(made);
  const JailKey key{"www", 7, std::get<Created>(*made).jid};
  const auto set = daemon.perform(SetRules{key, {rule("pcpu:deny=80")}, {}, true});
  ASSERT_TRUE(set);
  EXPECT_EQ(std::get<OtherRules>(*set).rules, std::vector<std::string>{"jail:www:memoryuse:deny=1073741824"});
  EXPECT_EQ(in_force(machine, "www"), (std::vector<std::string>{"memoryuse:deny=1g", "pcpu:deny=80"}));
  ASSERT_TRUE(daemon.perform(SetRules{key, {}, {"jail:www:memoryuse:deny=1073741824"}}));
  EXPECT_EQ(in_force(machine, "www"), std::vector<std::string>{"memoryuse:deny=1g"});
}

TEST(SimLimits, R8_5_ChangeIsADifferenceWithoutAMomentWithoutLimit) {
  Machine machine;
  Daemon daemon(machine);
  JailSpec spec;
  spec.rctl = {rule("maxproc:deny=10"), rule("memoryuse:log=1g"), rule("pcpu:deny=150")};
  const JailKey key = daemon.up("www", spec);
  const std::uint64_t before = machine.kernel->changes_by_jaild();
  ASSERT_TRUE(daemon.perform(
      SetRules{key, {rule("maxproc:deny=20"), rule("memoryuse:log=2g"), rule("pcpu:deny=150"), rule("nthr:log=5")}}));
  EXPECT_EQ(machine.kernel->changes_by_jaild() - before, 4U) << "three added, the old log removed, pcpu left alone";
  EXPECT_EQ(machine.kernel->accounts().rules("www").size(), 4U);
  EXPECT_EQ(machine.kernel->observations.count(Finding::moment_without_limit), 0U);
  const std::uint64_t agreed = machine.kernel->changes_by_jaild();
  ASSERT_TRUE(daemon.perform(
      SetRules{key, {rule("maxproc:deny=20"), rule("memoryuse:log=2g"), rule("pcpu:deny=150"), rule("nthr:log=5")}}));
  EXPECT_EQ(machine.kernel->changes_by_jaild(), agreed) << "P7: agreed already, nothing is written";
}

TEST(SimLimits, ObserverSeesAMomentWithoutLimit) {
  Machine machine;
  Daemon daemon(machine);
  daemon.up("www");
  ASSERT_TRUE(machine.kernel->rctl_add("www", rule("maxproc:log=5"), Actor::jaild));
  machine.kernel->watch_change("www", std::vector<RctlRule>{rule("maxproc:log=7")});
  ASSERT_TRUE(machine.kernel->rctl_remove("www", rule("maxproc:log=5"), Actor::jaild));
  EXPECT_EQ(machine.kernel->observations.count(Finding::moment_without_limit), 1U);
}

TEST(SimLimits, R8_2_RuleThatCannotBeSetIsNamed) {
  Machine machine;
  Daemon daemon(machine, std::make_shared<RefusesOneRule>());
  const JailKey key = daemon.up("www");
  const auto set =
      daemon.perform(SetRules{key, {rule("maxproc:deny=5"), rule("nthr:deny=9"), rule("openfiles:deny=9")}});
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error().os_errno, EPERM);
  EXPECT_NE(set.error().message.find("jail:www:nthr:deny=9"), std::string::npos);
  EXPECT_EQ(in_force(machine, "www"), std::vector<std::string>{"maxproc:deny=5"})
      << "half done, and undone by an empty list";
  EXPECT_TRUE(daemon.perform(SetRules{key, {}}));
  EXPECT_TRUE(in_force(machine, "www").empty());
}

TEST(SimLimits, TwoDenyRulesThatReplaceEachOtherAreRefused) {
  Machine machine;
  Daemon daemon(machine);
  const JailKey key = daemon.up("www");
  const auto set = daemon.perform(SetRules{key, {rule("maxproc:deny=5"), rule("maxproc:deny=6")}});
  ASSERT_FALSE(set);
  EXPECT_NE(set.error().message.find("maxproc:deny=5"), std::string::npos);
}

TEST(SimLimits, Trap11_WithoutRacctOnlyTheEmptyListCanBeSet) {
  Machine machine(KernelOptions{.racct = false});
  Daemon daemon(machine);
  EXPECT_FALSE(daemon.host->profile().racct);
  EXPECT_NE(daemon.host->profile().racct_hint.find("kern.racct.enable"), std::string::npos);
  const JailKey key = daemon.up("www");
  EXPECT_EQ(errno_of(daemon.perform(SetRules{key, {rule("maxproc:deny=5")}})), ENOSYS);
  EXPECT_TRUE(daemon.host->usage({key})->at("www").resources.empty());
}

TEST(SimLimits, ClearingRulesWhenTheJailIsGoneIsSuccess) {
  Machine machine;
  Daemon daemon(machine);
  JailSpec spec;
  spec.rctl = {rule("maxproc:deny=5")};
  const JailKey key = daemon.up("www", spec);
  ASSERT_TRUE(daemon.perform(Remove{key}));
  EXPECT_EQ(in_force(machine, "www").size(), 1U) << "trap 10";
  EXPECT_TRUE(daemon.perform(SetRules{key, {}}));
  EXPECT_TRUE(in_force(machine, "www").empty());
}

TEST(SimLimits, UndoOfAFailedStartLeavesTheRulesOfAForeignJailAlone) {
  Machine machine;
  Daemon daemon(machine);
  ASSERT_TRUE(machine.hand.jail_c("www", "/"));
  ASSERT_TRUE(machine.hand.rctl_a("www", "maxproc:deny=5"));
  EXPECT_TRUE(daemon.perform(SetRules{{"www", 1, 0}, {}}));
  EXPECT_EQ(in_force(machine, "www").size(), 1U);
}

TEST(SimLimits, P3_ObserverSeesAProcessThatComesTooEarly) {
  Machine machine;
  Daemon daemon(machine);
  JailSpec spec;
  spec.params["path"] = std::string("/jail/www");
  spec.rctl = {rule("maxproc:deny=5")};
  spec.cpuset = cpus("0-1");
  JailKey key{"www", 1, 0};
  ASSERT_TRUE(daemon.perform(OpenMonitor{key}));
  key.jid = std::get<Created>(*daemon.perform(Create{key, spec})).jid;
  daemon.run(key, "true");
  EXPECT_EQ(machine.kernel->observations.count(Finding::process_without_limits), 2U) << "neither rule nor CPUs";
  machine.kernel->observations.clear();
  ASSERT_TRUE(daemon.perform(SetRules{key, spec.rctl}));
  ASSERT_TRUE(daemon.perform(SetCpuset{key, spec.cpuset}));
  daemon.run(key, "fork 2");
  EXPECT_EQ(machine.kernel->observations.count(), 0U);
  ASSERT_TRUE(machine.hand.rctl_r("www"));
  ASSERT_TRUE(machine.hand.cpuset_l("www", "0-7"));
  daemon.run(key, "true");
  EXPECT_EQ(machine.kernel->observations.count(), 0U) << "what others take away is not jaild's doing";
}

TEST(SimLimits, CpusetOfAJailAndBackToTheHosts) {
  Machine machine;
  Daemon daemon(machine);
  const JailKey key = daemon.up("www");
  ASSERT_TRUE(daemon.perform(SetCpuset{key, cpus("2-3")}));
  EXPECT_EQ(machine.kernel->find(key.jid)->cpus, cpus("2-3"));
  const int pid = machine.start(key.jid, "httpd");
  ASSERT_TRUE(machine.kernel->set_process_cpus(pid, cpus("3")));
  const auto refused = daemon.perform(SetCpuset{key, cpus("0-2")});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Kind::conflict);
  EXPECT_EQ(refused.error().os_errno, EDEADLK);
  EXPECT_EQ(daemon.perform(SetCpuset{key, cpus("8")}).error().kind, Kind::invalid);
  ASSERT_TRUE(daemon.perform(SetCpuset{key, std::nullopt}));
  EXPECT_EQ(machine.kernel->find(key.jid)->cpus, cpus("0-7"));
}

TEST(SimLimits, SetParamsChangesOnlyWhatMayChange) {
  Machine machine;
  Daemon daemon(machine);
  const JailKey key = daemon.up("www");
  ASSERT_TRUE(daemon.perform(SetParams{key, {{"allow.raw_sockets", true}, {"securelevel", std::int64_t{1}}}}));
  EXPECT_EQ(machine.param(key.jid, "allow.raw_sockets"), ParamValue(true));
  ASSERT_TRUE(daemon.perform(SetParams{key, {{"allow.raw_sockets", false}, {"persist", false}}}));
  EXPECT_EQ(machine.param(key.jid, "allow.raw_sockets"), ParamValue(false));
  machine.run_for(1s);
  EXPECT_NE(machine.kernel->find_alive("www"), nullptr) << "the kernel's persist is jaild's";
  EXPECT_EQ(errno_of(daemon.perform(SetParams{key, {{"path", std::string("/")}}})), EINVAL);
}

TEST(SimLimits, P6_ChangingWhatIsForeignIsObserved) {
  Machine machine;
  Daemon daemon(machine);
  const auto jid = machine.hand.jail_c("foreign", "/");
  const JailKey key{"foreign", 1, *jid};
  ASSERT_TRUE(daemon.perform(SetParams{key, {{"securelevel", std::int64_t{1}}}}));
  ASSERT_TRUE(daemon.perform(SetRules{key, {rule("maxproc:deny=5")}}));
  ASSERT_TRUE(daemon.perform(SetCpuset{key, cpus("0")}));
  ASSERT_TRUE(daemon.perform(Remove{key}));
  EXPECT_EQ(machine.kernel->observations.count(Finding::foreign_touched), 4U);
  ASSERT_TRUE(machine.hand.jail_c("adopted", "/"));
  machine.kernel->hand_over("adopted");
  machine.kernel->observations.clear();
  ASSERT_TRUE(daemon.perform(Remove{{"adopted", 2, machine.kernel->find_alive("adopted")->jid}}));
  EXPECT_EQ(machine.kernel->observations.count(), 0U);
}

}  // namespace
}  // namespace jaild::host::sim
