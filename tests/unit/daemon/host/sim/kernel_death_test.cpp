// How jails end, facts section 4.
#include <cerrno>
#include <csignal>

#include "tests/unit/daemon/host/sim/sim_world.h"

namespace jaild::host::sim {
namespace {

TEST(Dying, RemoveOfNoJailIsInvalidAndOfADyingOneNothing) {
  Machine machine;
  EXPECT_EQ(errno_of(machine.kernel->jail_remove(9, Actor::other)), EINVAL);
  const auto jid = machine.create("www");
  machine.kernel->set_lingering(*jid, 60s);
  EXPECT_TRUE(machine.kernel->jail_remove(*jid, Actor::other));
  EXPECT_TRUE(machine.kernel->find(*jid)->dying);
  EXPECT_TRUE(machine.kernel->jail_remove(*jid, Actor::other));
}

TEST(Dying, Trap05_RemoveReturnsBeforeAnythingHasDied) {
  Machine machine;
  const auto jid = machine.create("www");
  const int pid = machine.start(*jid, "httpd");
  ASSERT_TRUE(machine.hand.jail_r("www"));
  EXPECT_NE(machine.kernel->process(pid), nullptr);
  EXPECT_EQ(machine.kernel->processes_below(*jid), 1U);
  machine.run_for(1s);
  EXPECT_EQ(machine.kernel->process(pid), nullptr);
  EXPECT_EQ(machine.kernel->find(*jid), nullptr);
}

TEST(Dying, Trap06_UnreapedZombieKeepsItDyingWithoutLimit) {
  Machine machine;
  machine.kernel->programs.set("sloppy", Program{.runs = Span{0}, .zombie = true});
  const auto jid = machine.create("www");
  ASSERT_NE(machine.start(*jid, "sloppy"), 0);
  machine.run_for(1s);
  EXPECT_FALSE(machine.kernel->find(*jid)->dying) << "persist keeps it alive";
  EXPECT_EQ(machine.kernel->accounts().counters("www", machine.time->now())->processes, 1) << "it counts until reaped";
  ASSERT_TRUE(machine.hand.jail_r("www"));
  machine.run_for(24h);
  ASSERT_NE(machine.kernel->find(*jid), nullptr);
  machine.kernel->reap(*jid);
  EXPECT_EQ(machine.kernel->find(*jid), nullptr);
}

TEST(Dying, ZombieDoesNotKeepAJailAlive) {
  Machine machine;
  machine.kernel->programs.set("sloppy", Program{.runs = Span{1s}, .zombie = true});
  const auto jid = machine.hand.jail_c("www", "/", "sloppy");
  ASSERT_TRUE(jid);
  machine.run_for(2s);
  EXPECT_EQ(machine.kernel->find_alive("www"), nullptr);
  EXPECT_TRUE(machine.kernel->find(*jid)->dying);
}

TEST(Dying, ConnectionsHoldIt60Seconds) {
  Machine machine;
  machine.kernel->programs.set("server", Program{.runs = std::nullopt, .lingers = 60s});
  const auto jid = machine.create("www");
  ASSERT_NE(machine.start(*jid, "server"), 0);
  ASSERT_TRUE(machine.hand.jail_r("www"));
  machine.run_for(59s);
  ASSERT_NE(machine.kernel->find(*jid), nullptr);
  EXPECT_TRUE(machine.kernel->find(*jid)->pids.empty());
  machine.run_for(2s);
  EXPECT_EQ(machine.kernel->find(*jid), nullptr);
}

TEST(Dying, R1_1_NameIsFreeWhileTheOldOneIsDying) {
  Machine machine;
  const auto first = machine.create("www");
  machine.kernel->set_lingering(*first, 60s);
  ASSERT_TRUE(machine.hand.jail_r("www"));
  const auto second = machine.create("www");
  ASSERT_TRUE(second);
  EXPECT_NE(*second, *first);
  EXPECT_EQ(machine.kernel->find_alive("www")->jid, *second) << "the living one wins";
  EXPECT_EQ(machine.kernel->jails().size(), 2U);
}

TEST(Dying, NothingAttachesToADyingJail) {
  Machine machine;
  const auto jid = machine.create("www");
  machine.kernel->set_lingering(*jid, 60s);
  ASSERT_TRUE(machine.hand.jail_r("www"));
  EXPECT_EQ(errno_of(machine.kernel->start(*jid, {})), EINVAL);
  EXPECT_EQ(errno_of(machine.kernel->start(77, {})), EINVAL) << "nor to none";
}

TEST(Dying, LastExitEndsAJailWithoutPersistAMomentLater) {
  Machine machine;
  const auto jid = machine.hand.jail_c("www", "/", "sleep 5");
  ASSERT_TRUE(jid);
  machine.run_for(4s);
  ASSERT_NE(machine.kernel->find_alive("www"), nullptr);
  while (machine.kernel->processes_below(*jid) > 0) machine.time->step();
  EXPECT_NE(machine.kernel->find_alive("www"), nullptr) << "it still looks alive";
  machine.run_for(0s);
  EXPECT_EQ(machine.kernel->find_alive("www"), nullptr);
}

TEST(Dying, Trap41_TakingPersistFromAnEmptyJailRemovesIt) {
  Machine machine;
  const auto empty = machine.create("a");
  const auto busy = machine.create("b");
  machine.start(*busy, "httpd");
  ASSERT_TRUE(machine.update(*empty, {{"nopersist", true}}));
  ASSERT_TRUE(machine.update(*busy, {{"nopersist", true}}));
  machine.run_for(1s);
  EXPECT_EQ(machine.kernel->find(*empty), nullptr);
  EXPECT_NE(machine.kernel->find_alive("b"), nullptr);
}

TEST(Dying, Trap39_ChildJailKeepsItsParentAlive) {
  Machine machine;
  ASSERT_TRUE(machine.create("a", {{"children.max", std::int64_t{2}}}));
  ASSERT_TRUE(machine.create("a.b"));
  ASSERT_TRUE(machine.hand.jail_m("a", {{"nopersist", true}}));
  machine.run_for(1s);
  EXPECT_NE(machine.kernel->find_alive("a"), nullptr);
  ASSERT_TRUE(machine.hand.jail_r("a.b"));
  machine.run_for(1s);
  EXPECT_TRUE(machine.kernel->jails().empty());
}

TEST(Dying, RemoveTakesTheChildJailsAlong) {
  Machine machine;
  const auto parent = machine.create("a", {{"children.max", std::int64_t{2}}});
  const auto child = machine.create("a.b");
  machine.start(*child, "httpd");
  machine.kernel->set_lingering(*child, 60s);
  ASSERT_TRUE(machine.hand.jail_r("a"));
  EXPECT_TRUE(machine.kernel->find(*child)->dying);
  machine.run_for(1s);
  EXPECT_NE(machine.kernel->find(*parent), nullptr) << "the child's connections hold both";
  machine.run_for(60s);
  EXPECT_TRUE(machine.kernel->jails().empty());
}

TEST(Dying, StuckProcessIgnoresEvenKill) {
  Machine machine;
  machine.kernel->programs.set("nfs", Program{.runs = std::nullopt, .stuck = true});
  const auto jid = machine.create("www");
  const int pid = machine.start(*jid, "nfs");
  EXPECT_TRUE(machine.kernel->kill(pid, SIGKILL));
  ASSERT_TRUE(machine.hand.jail_r("www"));
  machine.run_for(1h);
  EXPECT_NE(machine.kernel->process(pid), nullptr);
  EXPECT_TRUE(machine.kernel->find(*jid)->dying);
}

TEST(Dying, TermIsHeededUnlessIgnored) {
  Machine machine;
  machine.kernel->programs.set("deaf", Program{.runs = std::nullopt, .ignores_term = true});
  const auto jid = machine.create("www");
  const int polite = machine.start(*jid, "httpd");
  const int deaf = machine.start(*jid, "deaf");
  ASSERT_TRUE(machine.hand.kill_all("www", SIGTERM));
  machine.run_for(1s);
  EXPECT_EQ(machine.kernel->process(polite), nullptr);
  EXPECT_NE(machine.kernel->process(deaf), nullptr);
  EXPECT_EQ(errno_of(machine.kernel->kill(polite, SIGTERM)), ESRCH);
}

TEST(Dying, RebootLeavesNothingVolatileAndANewBootId) {
  Machine machine;
  const std::string before = machine.kernel->boot_id();
  const auto jid = machine.create("www", {{"path", "/jail/www"}});
  machine.start(*jid, "sleep 10");
  machine.kernel->set_lingering(*jid, 60s);
  ASSERT_TRUE(machine.hand.rctl_a("www", "maxproc:deny=5"));
  ASSERT_TRUE(machine.hand.jail_r("www"));
  machine.kernel->reboot();
  EXPECT_NE(machine.kernel->boot_id(), before);
  EXPECT_TRUE(machine.kernel->jails().empty());
  EXPECT_TRUE(machine.kernel->accounts().rules("www").empty());
  EXPECT_EQ(machine.create("db"), 1);
  machine.run_for(2min);
  EXPECT_NE(machine.kernel->find(1), nullptr) << "no timer of the former boot strikes";
}

}  // namespace
}  // namespace jaild::host::sim
