#include "daemon/host/freebsd/mounts.h"

#include <gtest/gtest.h>

namespace jaild::host {
namespace {

TEST(Mounts, RulesetIsFoundAmongTheOptions) {
  EXPECT_EQ(devfs_ruleset({"rw", "ruleset=4"}), 4);
  EXPECT_EQ(devfs_ruleset({"ruleset=4", "ruleset=100"}), 100) << "the later one counts";
  EXPECT_EQ(devfs_ruleset({"rw"}), 0);
  EXPECT_EQ(devfs_ruleset({}), 0);
}

TEST(Mounts, EntryOfAFstabLine) {
  const auto entry = mount_entry("/jail/www", {"tmpfs", "/jail/www/tmp", "tmpfs", {"rw", "size=8m"}});
  EXPECT_EQ(entry.kind, core::ResourceKind::mount);
  EXPECT_EQ(entry.id, "/jail/www/tmp");
  EXPECT_EQ(entry.detail.at("root"), "/jail/www");
  EXPECT_EQ(entry.detail.at("options"), "rw,size=8m");
  EXPECT_FALSE(mount_entry("/jail/www", {"fdesc", "/jail/www/dev/fd", "fdescfs", {}}).detail.contains("options"));
}

TEST(Mounts, KernelHasARootFileSystem) {
  const auto points = mount_points();
  ASSERT_FALSE(points.empty());
  EXPECT_EQ(points.front(), "/");
}

TEST(Mounts, ReleaseOfWhatWasNeverMadeIsSuccess) {
  SharedMounts shared("/nosuch/run");
  EXPECT_TRUE(remove_mount(mount_entry("/nosuch", {"tmpfs", "/nosuch/tmp", "tmpfs", {}}), true, shared, "www 1"));
}

}  // namespace
}  // namespace jaild::host
