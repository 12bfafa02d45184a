// Limits on processes and CPUs, freebsd-kernel.md 5.5, 6, 12.
#include <cerrno>

#include "tests/unit/daemon/host/sim/sim_world.h"

namespace jaild::host::sim {
namespace {

TEST(Limits, FourthProcessIsRefusedUnderMaxproc3) {
  Machine machine;
  const auto jid = machine.create("www");
  ASSERT_TRUE(machine.hand.rctl_a("www", "maxproc:deny=3"));
  const int first = machine.start(*jid, "httpd");
  EXPECT_TRUE(machine.kernel->fork(first));
  EXPECT_TRUE(machine.kernel->fork(first));
  EXPECT_EQ(errno_of(machine.kernel->fork(first)), EAGAIN);
  EXPECT_EQ(machine.kernel->processes_below(*jid), 3U);
}

TEST(Limits, R8_1_UnderMaxproc1TheVeryFirstForkIsRefused) {
  Machine machine;
  const auto jid = machine.create("www");
  ASSERT_TRUE(machine.hand.rctl_a("www", "maxproc:deny=1"));
  const int pid = machine.start(*jid, "fork 2");
  ASSERT_NE(pid, 0) << "an attach is not refused";
  machine.run_for(1s);
  EXPECT_EQ(machine.kernel->process(pid), nullptr) << "it exited, its fork was refused";
}

TEST(Limits, ThreadsCountForNthr) {
  Machine machine;
  machine.kernel->programs.set("java", Program{.runs = std::nullopt, .threads = 40});
  const auto jid = machine.create("www");
  ASSERT_TRUE(machine.hand.rctl_a("www", "nthr:deny=41"));
  const int pid = machine.start(*jid, "java");
  EXPECT_TRUE(machine.kernel->fork(pid));
  EXPECT_EQ(errno_of(machine.kernel->fork(pid)), EAGAIN);
}

TEST(Limits, SignalActionStrikesTheOneThatOversteps) {
  Machine machine;
  const auto jid = machine.create("www");
  ASSERT_TRUE(machine.hand.rctl_a("www", "maxproc:sigkill=1"));
  const int pid = machine.start(*jid, "httpd");
  EXPECT_TRUE(machine.kernel->fork(pid)) << "a signal denies nothing";
  machine.run_for(1s);
  EXPECT_EQ(machine.kernel->process(pid), nullptr);
  EXPECT_EQ(machine.kernel->processes_below(*jid), 1U);
}

TEST(Limits, RuleOfTheParentBindsWhoIsInTheChildNowAndWhatItForks) {
  Machine machine;
  ASSERT_TRUE(machine.create("a", {{"children.max", std::int64_t{2}}}));
  const auto child = machine.create("a.b");
  const int early = machine.start(*child, "httpd");
  ASSERT_TRUE(machine.hand.rctl_a("a", "maxproc:deny=2"));
  const int late = machine.start(*child, "httpd");
  EXPECT_EQ(errno_of(machine.kernel->fork(early)), EAGAIN);
  EXPECT_TRUE(machine.kernel->fork(late)) << "who attaches later gets only the child jail's own rules";
  ASSERT_TRUE(machine.hand.rctl_r("a"));
  EXPECT_TRUE(machine.kernel->fork(early));
}

TEST(Cpuset, JailStartsWithItsParentsSet) {
  Machine machine;
  const auto parent = machine.create("a", {{"children.max", std::int64_t{2}}});
  EXPECT_EQ(machine.kernel->find(*parent)->cpus, cpus("0-7"));
  ASSERT_TRUE(machine.hand.cpuset_l("a", "0-3"));
  const auto child = machine.create("a.b");
  EXPECT_EQ(machine.kernel->find(*child)->cpus, cpus("0-3"));
}

TEST(Cpuset, OnlyWithinTheParentsSet) {
  Machine machine;
  const auto parent = machine.create("a", {{"children.max", std::int64_t{2}}});
  const auto child = machine.create("a.b");
  EXPECT_EQ(errno_of(machine.kernel->set_jail_cpus(*parent, cpus("77"), Actor::other)), EINVAL);
  ASSERT_TRUE(machine.hand.cpuset_l("a", "0-3"));
  EXPECT_EQ(errno_of(machine.kernel->set_jail_cpus(*child, cpus("4"), Actor::other)), EINVAL);
  EXPECT_EQ(errno_of(machine.kernel->set_jail_cpus(99, cpus("0"), Actor::other)), ESRCH);
}

TEST(Cpuset, MayGrowAgainFromOutside) {
  Machine machine;
  const auto jid = machine.create("www");
  ASSERT_TRUE(machine.hand.cpuset_l("www", "0"));
  ASSERT_TRUE(machine.hand.cpuset_l("www", "0-1"));
  EXPECT_EQ(machine.kernel->find(*jid)->cpus, cpus("0-1"));
}

TEST(Cpuset, DeadlockWhenANarrowerSetWouldBecomeEmptyAndNothingChanged) {
  Machine machine;
  const auto parent = machine.create("a", {{"children.max", std::int64_t{2}}});
  const auto child = machine.create("a.b");
  ASSERT_TRUE(machine.hand.cpuset_l("a.b", "2-3"));
  EXPECT_EQ(errno_of(machine.kernel->set_jail_cpus(*parent, cpus("0-1"), Actor::other)), EDEADLK);
  EXPECT_EQ(machine.kernel->find(*parent)->cpus, cpus("0-7"));
  EXPECT_EQ(machine.kernel->find(*child)->cpus, cpus("2-3"));
  const int pid = machine.start(*child, "httpd");
  ASSERT_TRUE(machine.kernel->set_process_cpus(pid, cpus("3")));
  EXPECT_EQ(errno_of(machine.kernel->set_jail_cpus(*child, cpus("2"), Actor::other)), EDEADLK);
  EXPECT_EQ(errno_of(machine.kernel->set_jail_cpus(*parent, cpus("0-2"), Actor::other)), EDEADLK) << "two levels below";
}

TEST(Cpuset, Trap28_WhatHasItsOwnSetIsNarrowedButNeverWidened) {
  Machine machine;
  ASSERT_TRUE(machine.create("a", {{"children.max", std::int64_t{2}}}));
  const auto child = machine.create("a.b");
  const int own = machine.start(*child, "httpd");
  const int plain = machine.start(*child, "httpd");
  ASSERT_TRUE(machine.kernel->set_process_cpus(own, cpus("1-4")));
  ASSERT_TRUE(machine.hand.cpuset_l("a", "0-2"));
  ASSERT_TRUE(machine.hand.cpuset_l("a", "0-7"));
  EXPECT_EQ(machine.kernel->find(*child)->cpus, cpus("0-2")) << "a child jail has a set of its own";
  ASSERT_TRUE(machine.hand.cpuset_l("a.b", "0-7"));
  EXPECT_EQ(machine.kernel->process(own)->own_cpus, cpus("1-2"));
  EXPECT_FALSE(machine.kernel->process(plain)->own_cpus) << "follows the jail's";
}

}  // namespace
}  // namespace jaild::host::sim
