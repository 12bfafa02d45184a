// jail_set(2) as in freebsd-kernel.md 1.2, 1.4, 4.3, 4.5: which errno comes when.
#include <cerrno>

#include "tests/unit/daemon/host/sim/sim_world.h"

namespace jaild::host::sim {
namespace {

TEST(JailSet, Trap04_CreateWithoutPersistIsInvalid) {
  Machine machine;
  const auto jid = machine.kernel->jail_set(jail_create, {{"name", "www"}}, Actor::other);
  EXPECT_EQ(errno_of(jid), EINVAL);
  EXPECT_NE(jid.error().message.find("new jail must persist or attach"), std::string::npos);
}

TEST(JailSet, Trap04_CreateOrUpdateWithAPathIsAlwaysInvalid) {
  Machine machine;
  const ParamList with_path{{"name", "www"}, {"path", "/jail/www"}, {"persist", true}};
  EXPECT_EQ(errno_of(machine.kernel->jail_set(jail_create | jail_update, with_path, Actor::other)), EINVAL);
  const ParamList without{{"name", "www"}, {"persist", true}};
  const auto made = machine.kernel->jail_set(jail_create | jail_update, without, Actor::other);
  ASSERT_TRUE(made);
  EXPECT_EQ(machine.kernel->jail_set(jail_create | jail_update, without, Actor::other), *made);
}

TEST(JailSet, FlagsHaveToBeKnown) {
  Machine machine;
  EXPECT_EQ(errno_of(machine.kernel->jail_set(0, {{"persist", true}}, Actor::other)), EINVAL);
  EXPECT_EQ(errno_of(machine.kernel->jail_set(0x100 | jail_create, {{"persist", true}}, Actor::other)), EINVAL);
}

TEST(JailSet, JidsGoUpwardAndTheNameIsTheJidByDefault) {
  Machine machine;
  EXPECT_EQ(machine.create("a"), 1);
  ASSERT_EQ(machine.create("b"), 2);
  EXPECT_TRUE(machine.hand.jail_r("b"));
  EXPECT_EQ(machine.create("c"), 3) << "a jid is not given out again soon";
  const auto unnamed = machine.kernel->jail_set(jail_create, {{"persist", true}}, Actor::other);
  ASSERT_EQ(unnamed, 4);
  EXPECT_EQ(machine.kernel->find(4)->name, "4");
}

TEST(JailSet, JidsWrapAfterTheLast) {
  Machine machine(KernelOptions{.last_jid = 999'998});
  ASSERT_EQ(machine.create("first", {{"jid", std::int64_t{1}}}), 1);
  EXPECT_EQ(machine.create("last"), 999'999);
  EXPECT_EQ(machine.create("next"), 2) << "1 is taken";
}

TEST(JailSet, TakenNameOrJidExistsAlready) {
  Machine machine;
  ASSERT_EQ(machine.create("www"), 1);
  EXPECT_EQ(errno_of(machine.create("www")), EEXIST);
  EXPECT_EQ(errno_of(machine.create("db", {{"jid", std::int64_t{1}}})), EEXIST);
  EXPECT_EQ(errno_of(machine.create("1")), EEXIST);
}

TEST(JailSet, NumericNameHasToBeTheJid) {
  Machine machine;
  EXPECT_EQ(machine.create("7"), 7);
  EXPECT_EQ(errno_of(machine.create("8", {{"jid", std::int64_t{9}}})), EINVAL);
  ASSERT_TRUE(machine.create("a", {{"children.max", std::int64_t{5}}}));
  EXPECT_EQ(errno_of(machine.create("a.1234")), EINVAL);
}

TEST(JailSet, NamesAndJidsOutOfBoundsAreRefused) {
  Machine machine;
  EXPECT_EQ(errno_of(machine.create(std::string(256, 'x'))), ENAMETOOLONG);
  EXPECT_TRUE(machine.create(std::string(255, 'x')));
  for (const char* name : {".a", "a.", "a..b"}) EXPECT_EQ(errno_of(machine.create(name)), EINVAL) << name;
  for (const std::int64_t jid : {-1, 0, 1'000'000}) {
    EXPECT_EQ(errno_of(machine.create("j", {{"jid", jid}})), EINVAL) << jid;
  }
}

TEST(JailSet, PathHasToExist) {
  Machine machine;
  EXPECT_EQ(errno_of(machine.create("www", {{"path", "/nowhere/www"}})), ENOENT);
  EXPECT_TRUE(machine.create("www", {{"path", "/jail/www"}}));
}

TEST(JailSet, ParentHasToLive) {
  Machine machine;
  EXPECT_EQ(errno_of(machine.create("a.b")), ENOENT);
  ASSERT_TRUE(machine.create("a", {{"children.max", std::int64_t{1}}}));
  EXPECT_TRUE(machine.create("a.b"));
  EXPECT_EQ(machine.kernel->find_alive("a.b")->parent, 1);
  machine.kernel->set_lingering(1, 60s);
  ASSERT_TRUE(machine.hand.jail_r("a"));
  EXPECT_EQ(errno_of(machine.create("a.c")), ENOENT) << "a dying parent is none";
}

TEST(JailSet, ChildrenMaxOfEveryAncestorCounts) {
  Machine machine;
  ASSERT_TRUE(machine.create("a", {{"children.max", std::int64_t{2}}}));
  ASSERT_TRUE(machine.create("a.b", {{"children.max", std::int64_t{1}}}));
  ASSERT_TRUE(machine.create("a.b.c"));
  EXPECT_EQ(errno_of(machine.create("a.b.d")), EPERM);
  EXPECT_EQ(errno_of(machine.create("a.e")), EPERM);
  ASSERT_TRUE(machine.create("z"));
  EXPECT_EQ(errno_of(machine.create("z.y")), EPERM) << "none by default";
}

TEST(JailSet, UpdateNeedsALivingJail) {
  Machine machine;
  ASSERT_EQ(machine.create("www"), 1);
  EXPECT_EQ(errno_of(machine.update(5, {})), ENOENT);
  machine.kernel->set_lingering(1, 60s);
  ASSERT_TRUE(machine.hand.jail_r("www"));
  ASSERT_NE(machine.kernel->find(1), nullptr);
  EXPECT_EQ(errno_of(machine.update(1, {{"securelevel", std::int64_t{1}}})), ENOENT);
}

TEST(JailSet, Trap08_OldKernelsRefuseAJidThatIsDying) {
  Machine machine(KernelOptions{.renumbers_dying = false});
  ASSERT_EQ(machine.create("www"), 1);
  machine.kernel->set_lingering(1, 60s);
  ASSERT_TRUE(machine.hand.jail_r("www"));
  EXPECT_EQ(errno_of(machine.create("db", {{"jid", std::int64_t{1}}})), EEXIST);
  EXPECT_EQ(machine.create("www"), 2) << "the name alone is free";
}

TEST(JailSet, Trap08_NewKernelsRenumberTheDyingJail) {
  Machine machine;
  ASSERT_EQ(machine.create("www"), 1);
  machine.kernel->set_lingering(1, 60s);
  ASSERT_TRUE(machine.hand.jail_r("www"));
  EXPECT_EQ(machine.create("db", {{"jid", std::int64_t{1}}}), 1);
  ASSERT_NE(machine.kernel->find(999'999), nullptr);
  EXPECT_EQ(machine.kernel->find(999'999)->name, "www");
  machine.run_for(61s);
  EXPECT_EQ(machine.kernel->find(999'999), nullptr);
  EXPECT_EQ(machine.kernel->find(1)->name, "db");
}

TEST(JailSet, RenameMovesTheChildJailsAlong) {
  Machine machine;
  ASSERT_TRUE(machine.create("a", {{"children.max", std::int64_t{3}}}));
  ASSERT_TRUE(machine.create("a.b"));
  ASSERT_TRUE(machine.create("other"));
  EXPECT_EQ(errno_of(machine.hand.rename("a", "other")), EEXIST);
  EXPECT_EQ(errno_of(machine.hand.rename("a", "other.a")), EINVAL) << "a jail keeps its parent";
  ASSERT_TRUE(machine.hand.rename("a", "z"));
  EXPECT_NE(machine.kernel->find_alive("z.b"), nullptr);
  EXPECT_EQ(machine.kernel->find_alive("a"), nullptr);
  EXPECT_EQ(machine.kernel->find_alive("a.b"), nullptr);
}

}  // namespace
}  // namespace jaild::host::sim
