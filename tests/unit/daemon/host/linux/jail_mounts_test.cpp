#include "daemon/host/linux/jail_mounts.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "daemon/host/linux/bind_source.h"

namespace jaild::host {
namespace {

namespace fs = std::filesystem;

TEST(JailMounts, OnlyMountsBelowThePathOfKnownTypesAndOptions) {
  const std::string path = "/jail/www/";
  EXPECT_FALSE(mount_problem({"/data", "/jail/www/data", "nullfs", {"ro", "nosuid"}}, path));
  EXPECT_FALSE(mount_problem({"tmpfs", "/jail/www/tmp", "tmpfs", {"size=10m", "mode=1777"}}, path));
  EXPECT_TRUE(mount_problem({"/data", "/jail/www2/data", "nullfs", {}}, path));
  EXPECT_TRUE(mount_problem({"/data", "/jail/www", "nullfs", {}}, path)) << "the root itself";
  EXPECT_TRUE(mount_problem({"/dev/sda1", "/jail/www/x", "ext4", {}}, path));
  EXPECT_TRUE(mount_problem({"/data", "/jail/www/data", "nullfs", {"size=10m"}}, path));
  EXPECT_TRUE(mount_problem({"/data", "/jail/www/data", "nullfs", {"suiddir"}}, path));
}

const IsTree no_tree = [](const std::string&) { return false; };

TEST(JailMounts, FstabIsReadLineByLineAndMissingSourcesAreNamed) {
  std::string pattern = (fs::temp_directory_path() / "jaild-fstab-XXXXXX").string();
  const std::string folder = ::mkdtemp(pattern.data());
  std::ofstream(folder + "/fstab") << "# comment\n\n/ /jail/www/all nullfs ro,late 0 0 # all\n"
                                   << folder << "/gone /jail/www/gone nullfs rw 0 0\n";
  JailSpec spec;
  spec.params["path"] = std::string("/jail/www");
  spec.params["mount"] = std::vector<std::string>{"tmpfs /jail/www/tmp tmpfs rw 0 0"};
  spec.params["mount.fstab"] = std::vector<std::string>{folder + "/fstab", folder + "/none"};
  auto mounts = collect_mounts(spec, no_tree);
  ASSERT_TRUE(mounts) << mounts.error().message;
  ASSERT_EQ(mounts->entries.size(), 3U);
  EXPECT_EQ(mounts->entries[0].target, "/tmp");
  EXPECT_EQ(mounts->entries[1].target, "/all");
  EXPECT_EQ(mounts->entries[1].options, std::vector<std::string>{"ro"});
  EXPECT_EQ(mounts->missing, (std::vector<std::string>{"mount source " + folder + "/gone does not exist",
                                                       "mount.fstab " + folder + "/none does not exist"}));
  std::ofstream(folder + "/fstab") << "/data /elsewhere nullfs rw 0 0\n";
  auto outside = collect_mounts(spec, no_tree);
  ASSERT_FALSE(outside);
  EXPECT_EQ(outside.error().kind, Kind::invalid);
  fs::remove_all(folder);
}

// With version 1 /sys/fs/cgroup is a tmpfs: a jail that removes a directory there unmounts what the host has in it.
TEST(JailMounts, NothingInAFileSystemOfTheKernelsOwnIsASource) {
  for (const char* path : {"/proc", "/proc/sys", "/proc/sys/kernel/core_pattern", "/sys", "/sys/fs/cgroup"}) {
    const auto found = find_bind_source(path, "mount source", no_tree);
    ASSERT_FALSE(found) << path;
    EXPECT_EQ(found.error().kind, Kind::host_refused) << found.error().message;
    EXPECT_NE(found.error().message.find("which no jail may have"), std::string::npos) << found.error().message;
  }
  EXPECT_TRUE(find_bind_source("/", "mount source", no_tree));
}

}  // namespace
}  // namespace jaild::host
