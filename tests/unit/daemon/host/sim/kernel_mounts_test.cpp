// Mounts, devfs, interfaces, aliases, datasets: facts sections 7 and 8.
#include <cerrno>

#include "tests/unit/daemon/host/sim/sim_world.h"

namespace jaild::host::sim {
namespace {

TEST(Mounts, PlaceAndSourceHaveToExist) {
  Machine machine;
  EXPECT_EQ(errno_of(machine.hand.mount("tmpfs", "tmpfs", "/nowhere")), ENOENT);
  EXPECT_EQ(errno_of(machine.hand.mount("nullfs", "/nowhere", "/jail/www")), ENOENT);
  EXPECT_TRUE(machine.hand.mount("nullfs", "/jail/base", "/jail/www"));
}

TEST(Mounts, NewestGoesFirstAndNoneIsInvalid) {
  Machine machine;
  EXPECT_EQ(errno_of(machine.hand.umount("/jail/www")), EINVAL);
  ASSERT_TRUE(machine.hand.mount("tmpfs", "a", "/jail/www"));
  ASSERT_TRUE(machine.hand.mount("tmpfs", "b", "/jail/www"));
  const std::string below = machine.kernel->mounts().below("/jail/www").front()->fsid;
  EXPECT_EQ(errno_of(machine.kernel->unmount_fsid(below, true, Actor::other)), EBUSY) << "another one is on top";
  ASSERT_TRUE(machine.hand.umount("/jail/www"));
  EXPECT_EQ(machine.kernel->mounts().newest_at("/jail/www")->source, "a");
  EXPECT_TRUE(machine.kernel->unmount_fsid(below, false, Actor::other));
  EXPECT_EQ(errno_of(machine.kernel->unmount_fsid(below, false, Actor::other)), ENOENT);
}

TEST(Mounts, OneBelowMakesItBusyEvenByForce) {
  Machine machine;
  ASSERT_TRUE(machine.hand.mount("nullfs", "/jail/base", "/jail/www"));
  ASSERT_TRUE(machine.hand.mount("devfs", "devfs", "/jail/www/dev"));
  ASSERT_TRUE(machine.hand.mount("tmpfs", "tmpfs", "/jail/www2"));
  EXPECT_EQ(errno_of(machine.hand.umount("/jail/www", true)), EBUSY);
  EXPECT_TRUE(machine.hand.umount("/jail/www/dev"));
  EXPECT_TRUE(machine.hand.umount("/jail/www"));
}

TEST(Mounts, Trap07_RootIsBusyWhileTheJailIsDying) {
  Machine machine;
  ASSERT_TRUE(machine.hand.mount("nullfs", "/jail/base", "/jail/www"));
  const auto jid = machine.create("www", {{"path", "/jail/www"}});
  EXPECT_EQ(errno_of(machine.hand.umount("/jail/www")), EBUSY);
  machine.kernel->set_lingering(*jid, 60s);
  ASSERT_TRUE(machine.hand.jail_r("www"));
  EXPECT_EQ(errno_of(machine.hand.umount("/jail/www")), EBUSY);
  machine.run_for(61s);
  EXPECT_TRUE(machine.hand.umount("/jail/www"));
}

TEST(Mounts, Trap07_ForceCutsItOff) {
  Machine machine;
  ASSERT_TRUE(machine.hand.mount("nullfs", "/jail/base", "/jail/www"));
  const auto jid = machine.create("www", {{"path", "/jail/www"}});
  machine.kernel->set_lingering(*jid, 60s);
  ASSERT_TRUE(machine.hand.jail_r("www"));
  EXPECT_TRUE(machine.hand.umount("/jail/www", true));
}

TEST(Mounts, RootBelowAMountHoldsTheOneItLiesOn) {
  Machine machine;
  ASSERT_TRUE(machine.hand.mount("zfs", "zroot/jail", "/jail"));
  ASSERT_TRUE(machine.create("www", {{"path", "/jail/www/root"}}));
  EXPECT_EQ(errno_of(machine.hand.umount("/jail")), EBUSY);
  ASSERT_TRUE(machine.hand.mount("tmpfs", "tmpfs", "/jail/other"));
  EXPECT_TRUE(machine.hand.umount("/jail/other")) << "no root lies on this one";
}

TEST(Mounts, ProcessesHoldWhatIsMountedBelowTheirRoot) {
  Machine machine;
  ASSERT_TRUE(machine.hand.mount("devfs", "devfs", "/jail/www/dev"));
  const auto jid = machine.create("www", {{"path", "/jail/www"}});
  machine.start(*jid, "httpd");
  EXPECT_EQ(errno_of(machine.hand.umount("/jail/www/dev")), EBUSY);
  ASSERT_TRUE(machine.hand.jail_r("www"));
  machine.run_for(1s);
  EXPECT_TRUE(machine.hand.umount("/jail/www/dev"));
}

TEST(Mounts, Trap23_WhatAJailMountedStaysAndKeepsItDying) {
  Machine machine;
  const auto jid = machine.create("www", {{"path", "/jail/www"}});
  ASSERT_TRUE(machine.hand.mount_inside("www", "tmpfs", "/jail/www/tmp"));
  ASSERT_TRUE(machine.hand.jail_r("www"));
  machine.run_for(1h);
  EXPECT_NE(machine.kernel->find(*jid), nullptr);
  EXPECT_EQ(machine.kernel->mounts().below("/jail/www").size(), 1U);
  ASSERT_TRUE(machine.hand.umount("/jail/www/tmp"));
  EXPECT_EQ(machine.kernel->find(*jid), nullptr);
}

TEST(Mounts, Trap22_UnloadedRulesetIsMountedAndShowsEveryDevice) {
  Machine machine;
  const auto fsid =
      machine.kernel->mount(Mount{"/jail/www/dev", "devfs", "devfs", "ruleset=777", {}, Actor::other, {}, 0});
  EXPECT_TRUE(fsid) << "the kernel does not mind";
  EXPECT_EQ(machine.kernel->observations.count(Finding::every_device_visible), 1U);
}

TEST(Interfaces, OnlyAVnetJailTakesOne) {
  Machine machine;
  const auto plain = machine.create("plain");
  const auto vnet = machine.create("vnet", {{"vnet", "new"}});
  EXPECT_EQ(errno_of(machine.kernel->lend_interface("em0", *plain)), EEXIST);
  EXPECT_EQ(errno_of(machine.kernel->lend_interface("em0", 99)), ENXIO);
  EXPECT_EQ(errno_of(machine.kernel->lend_interface("em7", *vnet)), ENXIO);
  EXPECT_TRUE(machine.kernel->lend_interface("em0", *vnet));
  EXPECT_EQ(errno_of(machine.kernel->lend_interface("em0", *vnet)), ENXIO) << "the host has it no more";
  EXPECT_FALSE(machine.kernel->network.on_host("em0"));
  EXPECT_TRUE(machine.kernel->take_interface_back("em0", *vnet));
  EXPECT_TRUE(machine.kernel->network.on_host("em0"));
}

TEST(Interfaces, Trap25_TheyComeBackWithTheLastReferenceAndWithoutAddresses) {
  Machine machine;
  ASSERT_TRUE(machine.hand.ifconfig_alias("em0", "203.0.113.5", 24));
  const auto jid = machine.create("vnet", {{"vnet", "new"}});
  ASSERT_TRUE(machine.kernel->lend_interface("em0", *jid));
  machine.kernel->set_lingering(*jid, 60s);
  ASSERT_TRUE(machine.hand.jail_r("vnet"));
  machine.run_for(59s);
  EXPECT_FALSE(machine.kernel->network.on_host("em0"));
  EXPECT_EQ(errno_of(machine.kernel->take_interface_back("em0", *jid)), ENXIO) << "nobody reaches into a dying jail";
  machine.run_for(2s);
  EXPECT_TRUE(machine.kernel->network.on_host("em0"));
  EXPECT_EQ(machine.kernel->network.find_alias("em0", "203.0.113.5"), nullptr);
}

TEST(Aliases, Trap26_AddingOneThatIsThereTakesItAwayFirst) {
  Machine machine;
  ASSERT_TRUE(machine.hand.ifconfig_alias("em0", "203.0.113.5", 24));
  EXPECT_EQ(machine.kernel->observations.count(Finding::alias_set_anew), 0U);
  ASSERT_TRUE(machine.hand.ifconfig_alias("em0", "203.0.113.5", 24));
  EXPECT_EQ(machine.kernel->observations.count(Finding::alias_set_anew), 1U);
}

TEST(Aliases, UnknownInterfaceOrAddressIsRefused) {
  Machine machine;
  EXPECT_EQ(errno_of(machine.hand.ifconfig_alias("em7", "203.0.113.5", 24)), ENXIO);
  EXPECT_EQ(errno_of(machine.hand.ifconfig_unalias("em0", "203.0.113.5")), EADDRNOTAVAIL);
}

TEST(Datasets, BelongToOneJailUntilItsLastReference) {
  Machine machine;
  machine.kernel->datasets.add("zroot/www");
  const auto first = machine.create("a");
  const auto second = machine.create("b");
  EXPECT_EQ(errno_of(machine.kernel->attach_dataset("zroot/none", *first)), ENOENT);
  EXPECT_EQ(errno_of(machine.kernel->attach_dataset("zroot/www", 99)), ESRCH);
  ASSERT_TRUE(machine.kernel->attach_dataset("zroot/www", *first));
  EXPECT_EQ(errno_of(machine.kernel->attach_dataset("zroot/www", *second)), EEXIST);
  machine.kernel->set_lingering(*first, 60s);
  ASSERT_TRUE(machine.hand.jail_r("a"));
  EXPECT_EQ(errno_of(machine.kernel->attach_dataset("zroot/www", *second)), EEXIST);
  machine.run_for(61s);
  EXPECT_TRUE(machine.kernel->attach_dataset("zroot/www", *second));
}

TEST(Paths, NearestKnownAncestorDecides) {
  Paths paths(false);
  paths.add("/jail");
  paths.remove("/jail/www");
  EXPECT_TRUE(paths.exists("/jail/db/data"));
  EXPECT_FALSE(paths.exists("/jail/www/data"));
  EXPECT_FALSE(paths.exists("/jails"));
  EXPECT_FALSE(paths.exists("relative"));
  EXPECT_TRUE(paths.exists("/"));
  paths.add("/jail/www/data");
  EXPECT_TRUE(paths.exists("/jail/www/data/x"));
}

}  // namespace
}  // namespace jaild::host::sim
