// Resolve, Acquire, Release: mounts, aliases, interfaces, datasets.
#include <algorithm>
#include <cerrno>

#include "tests/unit/daemon/host/sim/sim_world.h"

namespace jaild::host::sim {
namespace {

using core::ResourceKind;
using Words = std::vector<std::string>;

Resolved resolved(Daemon& daemon, const JailSpec& spec) {
  const auto reply = daemon.perform(Resolve{"www", spec});
  EXPECT_TRUE(reply);
  return reply ? std::get<Resolved>(*reply) : Resolved{};
}

JailSpec full_spec() {
  JailSpec spec;
  spec.params = {{"path", std::string("/jail/www")},
                 {"interface", std::string("em0")},
                 {"ip4.addr", Words{"203.0.113.5/24", "em1|203.0.113.6"}},
                 {"ip6.addr", Words{"2001:DB8:0::5/64"}},
                 {"mount", Words{"/jail/base /jail/www/base nullfs ro 0 0"}},
                 {"mount.fstab", Words{"/etc/fstab.www"}},
                 {"mount.devfs", true},
                 {"mount.fdescfs", true},
                 {"mount.procfs", true},
                 {"zfs.dataset", Words{"zroot/www"}},
                 {"devfs_ruleset", std::int64_t{5}}};
  return spec;
}

void furnish(Machine& machine) {
  machine.kernel->network.add_interface("em1");
  machine.kernel->datasets.add("zroot/www");
  machine.kernel->paths.add_file("/etc/fstab.www", "# data\n\ntmpfs /jail/www/tmp tmpfs rw,size=1g 0 0\n");
}

// What a dry run shows is what a start does, but for the lines of the fstab file, which it does not read.
TEST(SimThings, WhatIsPlannedIsWhatIsResolved) {
  Machine machine;
  furnish(machine);
  Daemon daemon(machine);
  const auto ids = [](const std::vector<LedgerEntry>& entries) {
    Words words;
    for (const LedgerEntry& each : entries) words.push_back(std::string(to_string(each.kind)) + " " + each.id);
    return words;
  };
  const JailSpec spec = full_spec();
  Words planned = ids(daemon.host->planned("www", spec).before_create);
  std::ranges::replace(planned, std::string("mount /etc/fstab.www"), std::string("mount /jail/www/tmp"));
  EXPECT_EQ(planned, ids(resolved(daemon, spec).before_create));
  EXPECT_EQ(ids(daemon.host->planned("www", spec).after_create), ids(resolved(daemon, spec).after_create));
}

TEST(SimThings, ResolvedInTheOrderOfJail8) {
  Machine machine;
  furnish(machine);
  Daemon daemon(machine);
  const std::uint64_t before = machine.kernel->changes_by_jaild();
  const Resolved all = resolved(daemon, full_spec());
  EXPECT_TRUE(all.missing.empty()) << all.missing.front();
  Words ids;
  for (const LedgerEntry& each : all.before_create) ids.push_back(each.id);
  EXPECT_EQ(ids, (Words{"em0|203.0.113.5/24", "em1|203.0.113.6/32", "em0|2001:db8::5/64", "/jail/www/base",
                        "/jail/www/tmp", "/jail/www/dev", "/jail/www/dev/fd", "/jail/www/proc"}));
  EXPECT_EQ(all.before_create[4].detail.at("options"), "rw,size=1g");
  EXPECT_EQ(all.before_create[5].detail.at("options"), "ruleset=5");
  ASSERT_EQ(all.after_create.size(), 1U);
  EXPECT_EQ(all.after_create[0].kind, ResourceKind::dataset);
  EXPECT_EQ(machine.kernel->changes_by_jaild(), before) << "it changes nothing";
}

TEST(SimThings, R6_4_WhatIsNotThereIsNamed) {
  Machine machine;
  Daemon daemon(machine);
  JailSpec spec = full_spec();
  spec.params["path"] = std::string("/nowhere/www");
  spec.params["vnet.interface"] = Words{"epair0b"};
  const Resolved all = resolved(daemon, spec);
  const auto names = [&](const std::string& what) {
    for (const std::string& each : all.missing) {
      if (each.find(what) != std::string::npos) return true;
    }
    return false;
  };
  for (const char* each : {"path /nowhere/www", "em1", "/etc/fstab.www", "zroot/www", "epair0b", "/nowhere/www/dev"}) {
    EXPECT_TRUE(names(each)) << each;
  }
  EXPECT_FALSE(names("em0"));
}

TEST(SimThings, WhatHooksMayMakeIsNotCalledMissing) {
  Machine machine;
  Daemon daemon(machine);
  JailSpec spec;
  spec.params = {
      {"path", std::string("/jail/www")}, {"vnet", std::string("new")}, {"vnet.interface", Words{"epair0b"}}};
  EXPECT_EQ(resolved(daemon, spec).missing.size(), 1U);
  spec.params["exec.prestart"] = Words{"ifconfig epair0 create"};
  EXPECT_TRUE(resolved(daemon, spec).missing.empty());
  spec.params["path"] = std::string("/nowhere");
  EXPECT_EQ(resolved(daemon, spec).missing.size(), 1U) << "exec.prestart comes too late for the root";
  spec.params["exec.prepare"] = Words{"zfs clone"};
  EXPECT_TRUE(resolved(daemon, spec).missing.empty());
}

TEST(SimThings, R10_1_UnloadedRulesetIsMissingAndNeverMounted) {
  Machine machine;
  Daemon daemon(machine);
  JailSpec spec;
  spec.params = {{"path", std::string("/jail/www")}, {"mount.devfs", true}, {"devfs_ruleset", std::int64_t{777}}};
  Resolved all = resolved(daemon, spec);
  ASSERT_EQ(all.missing.size(), 1U);
  EXPECT_NE(all.missing[0].find("777"), std::string::npos);
  const auto mounted = daemon.perform(Acquire{{"www", 1, 0}, all.before_create.at(0)});
  ASSERT_FALSE(mounted);
  EXPECT_EQ(mounted.error().kind, Kind::missing);
  EXPECT_EQ(machine.kernel->observations.count(), 0U);
  machine.kernel->devfs_rulesets.insert(777);
  EXPECT_TRUE(resolved(daemon, spec).missing.empty());
}

TEST(SimThings, NameThatLivesInTheKernelIsAConflict) {
  Machine machine;
  Daemon daemon(machine);
  const auto jid = machine.hand.jail_c("www", "/");
  EXPECT_EQ(daemon.perform(Resolve{"www", {}}).error().kind, Kind::conflict);
  machine.kernel->set_lingering(*jid, 60s);
  ASSERT_TRUE(machine.hand.jail_r("www"));
  EXPECT_TRUE(daemon.perform(Resolve{"www", {}})) << "a dying one is none (R1.1)";
}

TEST(SimThings, AllIsMadeAndRemovedAgain) {
  Machine machine;
  furnish(machine);
  Daemon daemon(machine);
  JailKey key{"www", 1, 0};
  const JailSpec spec = full_spec();
  Resolved all = resolved(daemon, spec);
  for (LedgerEntry& each : all.before_create) {
    const auto made = daemon.perform(Acquire{key, each});
    ASSERT_TRUE(made) << made.error().message;
    each = std::get<LedgerEntry>(*made);
    EXPECT_FALSE(each.borrowed);
    EXPECT_EQ(each.detail.contains("fsid"), each.kind == ResourceKind::mount);
  }
  key.jid = std::get<Created>(*daemon.perform(Create{key, spec})).jid;
  ASSERT_TRUE(daemon.perform(Acquire{key, all.after_create[0]}));
  EXPECT_EQ(machine.kernel->datasets.jail_of("zroot/www"), key.jid);
  EXPECT_EQ(daemon.host->survey()->mount_points.size(), 5U);
  EXPECT_EQ(machine.kernel->left_by_jaild({}).size(), 9U);
  EXPECT_TRUE(machine.kernel->left_by_jaild({"www"}).empty());

  ASSERT_TRUE(daemon.perform(Release{key, all.after_create[0], false}));
  ASSERT_TRUE(daemon.perform(Remove{key}));
  for (int round = 0; round < 2; ++round) {  // the second time all of it is gone already
    for (auto each = all.before_create.rbegin(); each != all.before_create.rend(); ++each) {
      EXPECT_TRUE(daemon.perform(Release{key, *each, true})) << each->id;
    }
  }
  EXPECT_TRUE(machine.kernel->left_by_jaild({}).empty());
  EXPECT_EQ(machine.kernel->observations.count(), 0U);
}

TEST(SimThings, R5_1_AddressThatWasThereIsBorrowedAndStays) {
  Machine machine;
  Daemon daemon(machine);
  ASSERT_TRUE(machine.hand.ifconfig_alias("em0", "203.0.113.5", 24));
  JailSpec spec;
  spec.params = {{"ip4.addr", Words{"em0|203.0.113.5/24"}}};
  const Resolved all = resolved(daemon, spec);
  ASSERT_EQ(all.before_create.size(), 1U);
  EXPECT_TRUE(all.before_create[0].borrowed) << "known before anything is written to the ledger";
  const JailKey key{"www", 1, 0};
  const auto used = daemon.perform(Acquire{key, all.before_create[0]});
  ASSERT_TRUE(used);
  EXPECT_TRUE(std::get<LedgerEntry>(*used).borrowed);
  EXPECT_EQ(machine.kernel->observations.count(Finding::alias_set_anew), 0U);
  EXPECT_TRUE(daemon.perform(Release{key, std::get<LedgerEntry>(*used), true}));
  EXPECT_NE(machine.kernel->network.find_alias("em0", "203.0.113.5"), nullptr);
  ASSERT_TRUE(machine.hand.ifconfig_unalias("em0", "203.0.113.5"));
  EXPECT_EQ(daemon.perform(Acquire{key, all.before_create[0]}).error().kind, Kind::missing)
      << "what the ledger calls borrowed is not made";
}

TEST(SimThings, ThingThatAppearedAfterResolveIsBorrowedToo) {
  Machine machine;
  Daemon daemon(machine);
  JailSpec spec;
  spec.params = {{"path", std::string("/jail/www")}, {"ip4.addr", Words{"em0|203.0.113.5/24"}}, {"mount.procfs", true}};
  const Resolved all = resolved(daemon, spec);
  ASSERT_TRUE(machine.hand.ifconfig_alias("em0", "203.0.113.5", 24));
  ASSERT_TRUE(machine.hand.mount("procfs", "proc", "/jail/www/proc"));
  for (const LedgerEntry& each : all.before_create) {
    EXPECT_FALSE(each.borrowed);
    const auto used = daemon.perform(Acquire{{"www", 1, 0}, each});
    ASSERT_TRUE(used);
    EXPECT_TRUE(std::get<LedgerEntry>(*used).borrowed) << each.id;
  }
}

TEST(SimThings, R5_2_WhatACrashLeftIsTakenUp) {
  Machine machine;
  JailSpec spec;
  spec.params = {{"path", std::string("/jail/www")}, {"ip4.addr", Words{"em0|203.0.113.5/24"}}, {"mount.procfs", true}};
  const JailKey key{"www", 1, 0};
  Resolved all;
  {
    Daemon first(machine);
    all = resolved(first, spec);
    for (const LedgerEntry& each : all.before_create) first.submit(Acquire{key, each});
    machine.run_for(1s);
    first.crash();
  }
  Daemon next(machine);
  for (const LedgerEntry& each : all.before_create) {
    const auto again = next.perform(Acquire{key, each});
    ASSERT_TRUE(again) << each.id;
    EXPECT_FALSE(std::get<LedgerEntry>(*again).borrowed) << each.id;
    EXPECT_TRUE(next.perform(Release{key, each, true})) << "without an fsid too";
  }
  EXPECT_TRUE(machine.kernel->left_by_jaild({}).empty());
}

TEST(SimThings, R3_5_MountOfAnotherAtTheSamePlaceIsLeftAlone) {
  Machine machine;
  Daemon daemon(machine);
  JailSpec spec;
  spec.params = {{"path", std::string("/jail/www")}, {"mount.procfs", true}};
  const JailKey key{"www", 1, 0};
  const LedgerEntry planned = resolved(daemon, spec).before_create.at(0);
  const auto mounted = daemon.perform(Acquire{key, planned});
  ASSERT_TRUE(machine.hand.umount("/jail/www/proc"));
  ASSERT_TRUE(machine.hand.mount("procfs", "proc", "/jail/www/proc"));
  EXPECT_TRUE(daemon.perform(Release{key, std::get<LedgerEntry>(*mounted), true}));
  EXPECT_NE(machine.kernel->mounts().newest_at("/jail/www/proc"), nullptr);
  EXPECT_EQ(machine.kernel->observations.count(Finding::foreign_touched), 0U);
}

TEST(SimThings, P6_RemovingWhatOthersMadeIsObserved) {
  Machine machine;
  Daemon daemon(machine);
  ASSERT_TRUE(machine.hand.ifconfig_alias("em0", "203.0.113.5", 24));
  LedgerEntry wrong;
  wrong.kind = ResourceKind::alias;
  wrong.id = "em0|203.0.113.5/24";
  wrong.detail = {{"interface", "em0"}, {"address", "203.0.113.5"}};
  ASSERT_TRUE(daemon.perform(Release{{"www", 1, 0}, wrong, false}));
  EXPECT_EQ(machine.kernel->observations.count(Finding::foreign_touched), 1U);
}

TEST(SimThings, R5_5_Ipv6AddressIsThereOnceItIsNoLongerTentative) {
  Machine machine;
  machine.kernel->network.add_duplicate("2001:db8::6");
  Daemon daemon(machine);
  JailSpec spec;
  spec.params = {{"ip6.addr", Words{"em0|2001:db8::5", "em0|2001:db8::6"}}};
  const Resolved all = resolved(daemon, spec);
  const Moment before = machine.time->now();
  EXPECT_TRUE(daemon.perform(Acquire{{"www", 1, 0}, all.before_create[0]}));
  EXPECT_EQ(machine.time->now() - before, 1s);
  EXPECT_EQ(errno_of(daemon.perform(Acquire{{"www", 1, 0}, all.before_create[1]})), EADDRINUSE);
  EXPECT_EQ(machine.kernel->network.find_alias("em0", "2001:db8::6"), nullptr);
}

TEST(SimThings, BusyMountIsRefusedUntilForced) {
  Machine machine;
  Daemon daemon(machine);
  JailSpec spec;
  spec.params = {{"path", std::string("/jail/www")}, {"mount.procfs", true}};
  JailKey key = daemon.up("www", spec);
  LedgerEntry entry;
  entry.id = "/jail/www/proc";
  entry.detail = {{"fstype", "procfs"}, {"source", "proc"}};
  const auto mounted = daemon.perform(Acquire{key, entry});
  ASSERT_TRUE(daemon.perform(StartMain{key, Daemon::command("httpd")}));
  EXPECT_EQ(errno_of(daemon.perform(Release{key, std::get<LedgerEntry>(*mounted), false})), EBUSY);
  EXPECT_TRUE(daemon.perform(Release{key, std::get<LedgerEntry>(*mounted), true}));
  EXPECT_EQ(machine.kernel->observations.count(Finding::forced_under_a_jail), 1U) << "the jail still ran";
}

TEST(SimThings, InterfaceGoesIntoTheJailAndBack) {
  Machine machine;
  Daemon daemon(machine);
  JailSpec spec;
  spec.params = {{"path", std::string("/jail/www")}, {"vnet", std::string("new")}, {"vnet.interface", Words{"em0"}}};
  const LedgerEntry entry = resolved(daemon, spec).after_create.at(0);
  const JailKey key = daemon.up("www", spec);
  for (int round = 0; round < 2; ++round) ASSERT_TRUE(daemon.perform(Acquire{key, entry}));
  EXPECT_EQ(machine.kernel->network.where("em0"), key.jid);
  for (int round = 0; round < 2; ++round) ASSERT_TRUE(daemon.perform(Release{key, entry, false}));
  EXPECT_TRUE(machine.kernel->network.on_host("em0"));
}

TEST(SimThings, R4_2_TeardownOfAFormerRunLeavesTheInterfaceOfThisOne) {
  Machine machine;
  Daemon daemon(machine);
  JailSpec spec;
  spec.params = {{"path", std::string("/jail/www")}, {"vnet", std::string("new")}, {"vnet.interface", Words{"em0"}}};
  const LedgerEntry entry = resolved(daemon, spec).after_create.at(0);
  const JailKey old = daemon.up("www", spec);
  ASSERT_TRUE(daemon.perform(Acquire{old, entry}));
  ASSERT_TRUE(machine.hand.jail_r("www"));
  machine.run_for(1s);
  const JailKey now = daemon.up("www", spec);
  ASSERT_TRUE(daemon.perform(Acquire{now, entry}));
  EXPECT_TRUE(daemon.perform(Release{old, entry, false}));
  EXPECT_EQ(machine.kernel->network.where("em0"), now.jid);
}

TEST(SimThings, Trap25_InterfaceOfADyingJailIsMissingUntilItIsBack) {
  Machine machine;
  Daemon daemon(machine);
  JailSpec spec;
  spec.params = {{"path", std::string("/jail/www")}, {"vnet", std::string("new")}, {"vnet.interface", Words{"em0"}}};
  const LedgerEntry entry = resolved(daemon, spec).after_create.at(0);
  const JailKey key = daemon.up("www", spec);
  ASSERT_TRUE(daemon.perform(Acquire{key, entry}));
  machine.kernel->set_lingering(key.jid, 60s);
  ASSERT_TRUE(machine.hand.jail_r("www"));
  EXPECT_TRUE(daemon.perform(Release{key, entry, false})) << "nothing can be done, and it comes back by itself";
  EXPECT_EQ(resolved(daemon, spec).missing.size(), 1U);
  machine.run_for(61s);
  EXPECT_TRUE(resolved(daemon, spec).missing.empty());
}

}  // namespace
}  // namespace jaild::host::sim
