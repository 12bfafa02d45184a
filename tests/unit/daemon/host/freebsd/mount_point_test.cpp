#include "daemon/host/freebsd/mount_point.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace jaild::host {
namespace {

namespace fs = std::filesystem;

class MountPoint : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "jaild-mount-XXXXXX").string();
    base_ = fs::canonical(::mkdtemp(pattern.data()));
    fs::create_directories(base_ / "root/a b/c");
    fs::create_directories(base_ / "elsewhere/c");
    std::ofstream(base_ / "root/file") << "x";
    fs::create_directory_symlink(base_ / "root", base_ / "link-to-root");
    fs::create_directory_symlink(base_ / "elsewhere", base_ / "root/planted");
    fs::create_symlink("/etc/passwd", base_ / "root/planted-file");
  }
  void TearDown() override { fs::remove_all(base_); }

  [[nodiscard]] Result<std::string> find(const std::string& root, const std::string& target) const {
    return find_mount_point((base_ / root).string(), (base_ / target).string());
  }

  fs::path base_;
};

TEST_F(MountPoint, LinksOfTheHostAreFollowed) {
  EXPECT_EQ(find("root", "root/a b/c").value_or(""), base_ / "root/a b/c");
  EXPECT_EQ(find("link-to-root", "link-to-root/a b//c/").value_or(""), base_ / "root/a b/c");
  EXPECT_EQ(find("root", "root").value_or(""), base_ / "root");
  EXPECT_EQ(find("root", "root/file").value_or(""), base_ / "root/file") << "nullfs mounts a file on a file";
}

TEST_F(MountPoint, IsHeld) {
  const auto point = open_mount_point((base_ / "root").string(), (base_ / "root/a b/c").string());
  ASSERT_TRUE(point) << point.error().message;
  EXPECT_EQ(point->name, ".");
  fs::rename(base_ / "root/a b/c", base_ / "root/moved");
  fs::create_directory_symlink(base_ / "elsewhere", base_ / "root/a b/c");
  struct stat held{};
  struct stat moved{};
  ASSERT_EQ(::fstat(point->directory.get(), &held), 0);
  ASSERT_EQ(::stat((base_ / "root/moved").c_str(), &moved), 0);
  EXPECT_EQ(held.st_ino, moved.st_ino);
  const auto file = open_mount_point((base_ / "root").string(), (base_ / "root/file").string());
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->name, "file");
}

TEST_F(MountPoint, LinksBelowTheRootAreRefused) {
  for (const char* target : {"root/planted", "root/planted/c", "root/planted-file"}) {
    const auto found = find("root", target);
    ASSERT_FALSE(found) << target;
    EXPECT_NE(found.error().message.find("symbolic link"), std::string::npos) << found.error().message;
  }
}

TEST_F(MountPoint, WhatIsNotThereIsMissing) {
  for (const char* target : {"root/none", "root/a b/none/x"}) {
    const auto found = find("root", target);
    ASSERT_FALSE(found) << target;
    EXPECT_EQ(found.error().kind, Kind::missing);
  }
  EXPECT_FALSE(find("root", "root/a b/../a b")) << "no way up";
  EXPECT_FALSE(find("root", "root/file/x"));
}

TEST(IsBelow, GoesByWholeComponents) {
  EXPECT_TRUE(is_below("/jail/www", "/jail/www"));
  EXPECT_TRUE(is_below("/jail/www", "/jail/www/dev"));
  EXPECT_FALSE(is_below("/jail/www", "/jail/www2"));
  EXPECT_FALSE(is_below("/jail/www", "/jail"));
  EXPECT_TRUE(is_below("/", "/anything"));
}

}  // namespace
}  // namespace jaild::host
