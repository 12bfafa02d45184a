// Parameters as in freebsd-kernel.md 1.1, 1.4, 1.5: what may be set to what, and how it reads.
#include <cerrno>

#include "tests/unit/daemon/host/sim/sim_world.h"

namespace jaild::host::sim {
namespace {

using Words = std::vector<std::string>;
ParamValue text(const char* value) {
  return std::string(value);
}
ParamValue number(std::int64_t value) {
  return value;
}

TEST(Params, UnknownOrReadOnlyOnesAreInvalid) {
  Machine machine;
  for (const char* name :
       {"nosuch.param", "parent", "dying", "children.cur", "exec.start", "mount.devfs", "nosecurelevel"}) {
    const auto made = machine.create("www", {{name, number(1)}});
    EXPECT_EQ(errno_of(made), EINVAL) << name;
    if (!made) {
      EXPECT_NE(made.error().message.find(std::string("unknown parameter: ") + name), std::string::npos);
    }
  }
}

TEST(Params, Trap01_ValueOfABooleanIsIgnored) {
  Machine machine;
  const auto jid = machine.create("www", {{"allow.raw_sockets", false}, {"allow.mount", number(0)}});
  ASSERT_TRUE(jid);
  EXPECT_EQ(machine.param(*jid, "allow.raw_sockets"), ParamValue(true));
  EXPECT_EQ(machine.param(*jid, "allow.mount"), ParamValue(true));
  ASSERT_TRUE(machine.update(*jid, {{"allow.noraw_sockets", true}}));
  EXPECT_EQ(machine.param(*jid, "allow.raw_sockets"), ParamValue(false));
}

TEST(Params, LaterOneOfTheSameNameWinsAndTheNoNameIsTheSame) {
  Machine machine;
  const auto jid = machine.create(
      "www",
      {{"allow.mount.zfs", true}, {"allow.mount.nozfs", true}, {"securelevel", number(1)}, {"securelevel", number(2)}});
  ASSERT_TRUE(jid);
  EXPECT_EQ(machine.param(*jid, "allow.mount.zfs"), ParamValue(false));
  EXPECT_EQ(machine.param(*jid, "securelevel"), number(2));
}

TEST(Params, Trap02_FreshJailHasNoAddressAndAnEmptyHostname) {
  Machine machine;
  const auto jid = machine.create("www");
  ASSERT_TRUE(jid);
  EXPECT_EQ(machine.param(*jid, "host.hostname"), text(""));
  EXPECT_EQ(machine.param(*jid, "ip4"), text("disable"));
  EXPECT_EQ(machine.param(*jid, "ip6"), text("disable"));
  EXPECT_EQ(machine.param(*jid, "vnet"), text("inherit"));
  EXPECT_EQ(machine.param(*jid, "enforce_statfs"), number(2));
  EXPECT_EQ(machine.param(*jid, "securelevel"), number(-1));
  EXPECT_EQ(machine.param(*jid, "children.max"), number(0));
  EXPECT_EQ(machine.param(*jid, "persist"), ParamValue(true));
  for (const char* on :
       {"allow.set_hostname", "allow.reserved_ports", "allow.unprivileged_proc_debug", "allow.suser"}) {
    EXPECT_EQ(machine.param(*jid, on), ParamValue(true)) << on;
  }
  EXPECT_EQ(machine.param(*jid, "allow.raw_sockets"), ParamValue(false));
}

TEST(Params, Trap03_IpModesNeverReadNew) {
  Machine machine;
  const auto with = machine.create("a", {{"ip4", text("new")}, {"ip4.addr", Words{"203.0.113.5"}}});
  const auto without = machine.create("b", {{"ip4", text("new")}});
  const auto all = machine.create("c", {{"ip4", text("inherit")}});
  ASSERT_TRUE(with && without && all);
  EXPECT_EQ(machine.param(*with, "ip4"), text("disable"));
  EXPECT_EQ(machine.param(*without, "ip4"), text("disable"));
  EXPECT_EQ(machine.param(*all, "ip4"), text("inherit"));
}

TEST(Params, FirstAddressStaysInFrontAndTheOthersAreSorted) {
  Machine machine;
  const auto jid = machine.create("www", {{"ip4.addr", Words{"203.0.113.9", "203.0.113.50", "203.0.113.7"}}});
  ASSERT_TRUE(jid);
  EXPECT_EQ(machine.param(*jid, "ip4.addr"), ParamValue(Words{"203.0.113.9", "203.0.113.7", "203.0.113.50"}));
}

TEST(Params, R5_3_AddressesAreComparedAsAddressesNotAsText) {
  Machine machine;
  EXPECT_EQ(errno_of(machine.create("a", {{"ip6.addr", Words{"2001:db8::1", "2001:DB8:0:0::1"}}})), EINVAL);
  EXPECT_TRUE(machine.create("b", {{"ip4.addr", Words{"203.0.113.1", "203.0.113.11"}}}));
}

TEST(Params, R5_4_AddressIsSharedOnlyWhileEachHasNoOther) {
  Machine machine;
  ASSERT_TRUE(machine.create("a", {{"ip4.addr", Words{"203.0.113.5"}}}));
  const auto b = machine.create("b", {{"ip4.addr", Words{"203.0.113.5"}}});
  EXPECT_TRUE(b);
  EXPECT_EQ(errno_of(machine.create("c", {{"ip4.addr", Words{"203.0.113.5", "203.0.113.6"}}})), EADDRINUSE);
  EXPECT_EQ(errno_of(machine.update(*b, {{"ip4.addr", Words{"203.0.113.5", "203.0.113.6"}}})), EADDRINUSE);
  ASSERT_TRUE(machine.hand.jail_r("a"));
  EXPECT_TRUE(machine.update(*b, {{"ip4.addr", Words{"203.0.113.5", "203.0.113.6"}}}));
  EXPECT_EQ(errno_of(machine.create("d", {{"ip4.addr", Words{"203.0.113.6"}}})), EADDRINUSE);
}

TEST(Params, DyingJailHoldsNoAddress) {
  Machine machine;
  const auto jid = machine.create("a", {{"ip4.addr", Words{"203.0.113.5", "203.0.113.6"}}});
  machine.kernel->set_lingering(*jid, 60s);
  ASSERT_TRUE(machine.hand.jail_r("a"));
  EXPECT_TRUE(machine.create("a", {{"ip4.addr", Words{"203.0.113.5", "203.0.113.6"}}}));
}

TEST(Params, ChildJailMayOnlyHaveAddressesOfItsParent) {
  Machine machine;
  ASSERT_TRUE(machine.create("a", {{"children.max", number(9)}, {"ip4.addr", Words{"203.0.113.5", "203.0.113.6"}}}));
  EXPECT_TRUE(machine.create("a.b", {{"ip4.addr", Words{"203.0.113.6"}}}));
  EXPECT_EQ(errno_of(machine.create("a.c", {{"ip4.addr", Words{"203.0.113.7"}}})), EPERM);
  EXPECT_EQ(errno_of(machine.create("a.d", {{"ip4.addr", Words{"203.0.113.5", "203.0.113.6"}}})), EADDRINUSE)
      << "its sibling has one of them";
}

TEST(Params, VnetJailTakesNoAddressesAndKeepsItsKindOfNetwork) {
  Machine machine;
  EXPECT_EQ(errno_of(machine.create("a", {{"vnet", text("new")}, {"ip4.addr", Words{"203.0.113.5"}}})), EINVAL);
  const auto jid = machine.create("b", {{"vnet", text("new")}});
  ASSERT_TRUE(jid);
  EXPECT_EQ(errno_of(machine.update(*jid, {{"ip6.addr", Words{"2001:db8::1"}}})), EINVAL);
}

TEST(Params, CreateOnlyOnesCannotBeChanged) {
  Machine machine;
  const auto jid = machine.create("www");
  for (const auto& [name, value] : ParamList{{"path", text("/jail/www")},
                                             {"vnet", text("new")},
                                             {"ip4", text("inherit")},
                                             {"ip6", text("new")},
                                             {"osrelease", text("14.0")},
                                             {"osreldate", number(1)}}) {
    EXPECT_EQ(errno_of(machine.update(*jid, {{name, value}})), EINVAL) << name;
  }
}

TEST(Params, AddressesChangeLaterOnlyIfRestrictedFromTheStart) {
  Machine machine;
  const auto open = machine.create("a", {{"ip4", text("inherit")}});
  const auto closed = machine.create("b");
  EXPECT_EQ(errno_of(machine.update(*open, {{"ip4.addr", Words{"203.0.113.5"}}})), EINVAL);
  EXPECT_TRUE(machine.update(*closed, {{"ip4.addr", Words{"203.0.113.5"}}}));
}

TEST(Params, RangesAndLengths) {
  Machine machine;
  struct Row {
    const char* name;
    ParamValue value;
    int error;
  };
  for (const Row& row :
       {Row{"enforce_statfs", number(3), EINVAL}, Row{"enforce_statfs", number(-1), EINVAL},
        Row{"osreldate", number(0), EINVAL}, Row{"devfs_ruleset", number(65'536), EINVAL},
        Row{"securelevel", text("1"), EINVAL}, Row{"vnet", text("disable"), EINVAL}, Row{"ip4", text("maybe"), EINVAL},
        Row{"ip4.addr", Words{"203.0.113"}, EINVAL}, Row{"host.hostname", std::string(256, 'h'), ENAMETOOLONG},
        Row{"host.hostname", std::string(255, 'h'), 0}, Row{"path", std::string(1024, '/'), ENAMETOOLONG},
        Row{"meta", std::string(4097, 'm'), EFBIG}}) {
    const auto made = machine.create("www", {{row.name, row.value}});
    EXPECT_EQ(errno_of(made), row.error) << row.name;
    if (made) {
      EXPECT_TRUE(machine.hand.jail_r("www"));
    }
  }
}

TEST(Params, ChildJailIsNeverFreerThanItsParent) {
  Machine machine;
  ASSERT_TRUE(machine.create("a", {{"children.max", number(5)}, {"securelevel", number(1)}, {"allow.nosuser", true}}));
  EXPECT_EQ(errno_of(machine.create("a.b", {{"allow.raw_sockets", true}})), EPERM);
  EXPECT_EQ(errno_of(machine.create("a.b", {{"securelevel", number(0)}})), EPERM);
  EXPECT_EQ(errno_of(machine.create("a.b", {{"enforce_statfs", number(1)}})), EPERM);
  EXPECT_EQ(errno_of(machine.create("a.b", {{"children.max", number(5)}})), EPERM);
  const auto child = machine.create("a.b", {{"children.max", number(4)}});
  ASSERT_TRUE(child);
  EXPECT_EQ(machine.param(*child, "securelevel"), number(1)) << "inherited";
  EXPECT_EQ(machine.param(*child, "allow.suser"), ParamValue(false)) << "on by default, but not in the parent";
}

TEST(Params, ClearingGoesDownAndSettingDoesNot) {
  Machine machine;
  const auto parent = machine.create("a", {{"children.max", number(5)}, {"allow.raw_sockets", true}});
  const auto child = machine.create("a.b", {{"allow.raw_sockets", true}});
  ASSERT_TRUE(machine.update(*parent, {{"allow.noraw_sockets", true}}));
  EXPECT_EQ(machine.param(*child, "allow.raw_sockets"), ParamValue(false));
  ASSERT_TRUE(machine.update(*parent, {{"allow.raw_sockets", true}}));
  EXPECT_EQ(machine.param(*child, "allow.raw_sockets"), ParamValue(false));
  ASSERT_TRUE(machine.update(*parent, {{"securelevel", number(2)}}));
  EXPECT_EQ(machine.param(*child, "securelevel"), number(2)) << "raising it raises the children";
}

}  // namespace
}  // namespace jaild::host::sim
