#include "daemon/host/host_walk.h"

#include <gtest/gtest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "daemon/host/jail_trees.h"
#include "tests/fakes/temporary_directory.h"

namespace jaild::host {
namespace {

namespace fs = std::filesystem;

// jails/a is a jail's tree; the host's own things lie beside it.
class HostWalk : public testing::Test {
 protected:
  HostWalk() : base_(fs::canonical(directory_.path())) {
    for (const char* made : {"jails/a/etc", "jails/a/data", "jails/b", "host/etc"})
      fs::create_directories(base_ / made);
    std::ofstream(base_ / "host/etc/passwd") << "root";
    trees_.include(place("jails/a"));
  }
  [[nodiscard]] std::string place(const std::string& name) const { return (base_ / name).string(); }
  Result<Walked> walk(const std::string& path, LastPart last = LastPart::must_exist) {
    return walk_host_path(
        path, "mount source", [this](const std::string& real) { return trees_.contains(real); }, last);
  }
  void link(const std::string& target, const std::string& name) { fs::create_symlink(target, base_ / name); }
  static ino_t inode_of(const std::string& path) {
    struct stat status{};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_ino;
  }
  static ino_t inode_of(const UniqueFd& fd) {
    struct stat status{};
    EXPECT_EQ(::fstat(fd.get(), &status), 0);
    return status.st_ino;
  }

  tests::TemporaryDirectory directory_;
  const fs::path base_;
  JailTrees trees_;
};

TEST_F(HostWalk, LinksOfTheHostAreFollowed) {
  link(place("jails"), "jail");   // absolute
  link("jails/../host", "here");  // relative
  link("here", "again");
  const auto found = walk(place("jail") + "/./a//data/");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->real, place("jails/a/data"));
  EXPECT_TRUE(found->in_tree);
  EXPECT_EQ(inode_of(found->fd), inode_of(place("jails/a/data")));
  const auto file = walk(place("again/etc/passwd"));
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->real, place("host/etc/passwd"));
  EXPECT_FALSE(file->in_tree);
  EXPECT_EQ(walk(place("jails/b/../b"))->real, place("jails/b"));
  EXPECT_EQ(walk("/")->real, "/");
  EXPECT_EQ(walk("/..")->real, "/");
}

TEST_F(HostWalk, LinksThatAJailMayHavePlantedAreNot) {
  link(place("host/etc"), "jails/a/planted");
  link("data", "jails/a/also");  // even one that stays inside
  link(place("jails"), "jail");
  for (const char* path : {"jails/a/planted", "jails/a/planted/passwd", "jails/a/also", "jail/a/planted"}) {
    const auto refused = walk(place(path));
    ASSERT_FALSE(refused) << path;
    EXPECT_EQ(refused.error().kind, Kind::host_refused);
    EXPECT_NE(refused.error().message.find("symbolic link " + place("jails/a/")), std::string::npos)
        << refused.error().message;
  }
  EXPECT_FALSE(walk(place("jails/a/../b"))) << "where .. leads is the jail's to say";
}

TEST_F(HostWalk, TheTreeItselfMayBeReachedByALinkOfTheHost) {
  link("jails/a", "www");
  const auto found = walk(place("www"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->real, place("jails/a"));
  EXPECT_FALSE(found->in_tree);
}

TEST_F(HostWalk, WhatIsHeldStaysWhatItWas) {
  const auto found = walk(place("jails/a/data"));
  ASSERT_TRUE(found);
  const ino_t before = inode_of(found->fd);
  fs::rename(base_ / "jails/a/data", base_ / "jails/a/moved");
  link(place("host/etc"), "jails/a/data");
  EXPECT_EQ(inode_of(found->fd), before);
}

TEST_F(HostWalk, WhatIsNotThereIsMissing) {
  EXPECT_EQ(walk(place("jails/none")).error().kind, Kind::missing);
  EXPECT_EQ(walk(place("jails/none/deeper"), LastPart::may_be_missing).error().kind, Kind::missing);
  const auto found = walk(place("jails/a/none"), LastPart::may_be_missing);
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->fd);
  EXPECT_EQ(found->name, "none");
  EXPECT_EQ(inode_of(found->directory), inode_of(place("jails/a")));
  EXPECT_TRUE(found->in_tree);
  EXPECT_FALSE(walk(place("host/etc/passwd/x"))) << "a file is no directory";
  EXPECT_EQ(walk("relative").error().kind, Kind::invalid);
}

TEST_F(HostWalk, AChainOfLinksHasAnEnd) {
  link("loop", "loop");
  EXPECT_EQ(walk(place("loop")).error().kind, Kind::host_refused);
}

TEST_F(HostWalk, TreesAreKnownByTheirRealNamesAndKept) {
  link("jails", "jail");
  const std::string file = place("trees");
  {
    JailTrees trees(file);
    trees.declare(place("jail/b"));
    ASSERT_TRUE(trees.add({place("jail/a"), place("nowhere"), "/"}));
    EXPECT_TRUE(trees.contains(place("jails/a")));
    EXPECT_TRUE(trees.contains(place("jails/b"))) << "declared is enough";
    EXPECT_FALSE(trees.contains("/"));
  }
  const JailTrees again(file);
  EXPECT_TRUE(again.contains(place("jails/a")));
  EXPECT_TRUE(again.contains(place("jails/b")));
  EXPECT_FALSE(again.contains(place("jails")));
  JailTrees nowhere(place("no/directory/trees"));
  EXPECT_EQ(nowhere.add({place("jails/a")}).error().kind, Kind::host_refused);
}

// Otherwise a jail could say of any directory of the host that a jail can write there.
TEST_F(HostWalk, APlantedLinkMakesNoTreeOfWhatItLeadsTo) {
  link(place("host"), "jails/a/planted");
  ASSERT_TRUE(trees_.add({place("jails/a/planted"), place("jails/a/planted/etc")}));
  EXPECT_FALSE(trees_.contains(place("host")));
  EXPECT_FALSE(trees_.contains(place("host/etc")));
}

bool tells_births(const std::string& path) {
#if defined(__FreeBSD__)
  struct stat made{};
  return ::lstat(path.c_str(), &made) == 0 && made.st_birthtim.tv_sec > 0;
#else
  struct statx made{};
  return ::statx(AT_FDCWD, path.c_str(), 0, STATX_BTIME, &made) == 0 && (made.stx_mask & STATX_BTIME) != 0 &&
         made.stx_btime.tv_sec > 0;
#endif
}

// Its links go with it. Not where the file system does not tell when a directory was made.
TEST_F(HostWalk, ATreeThatWasMovedIsATreeStill) {
  if (!tells_births(place("jails/b"))) GTEST_SKIP() << "no time of birth here";
  link("/etc", "jails/b/data");
  const std::string file = place("trees");
  ASSERT_TRUE(JailTrees(file).add({place("jails/b")}));
  fs::rename(base_ / "jails/b", base_ / "host/old");
  fs::create_directories(base_ / "jails/c");  // may have an inode that was used before
  const JailTrees trees(file);
  const auto walked = [&](const std::string& path) {
    return walk_host_path(path, "mount source", [&](const std::string& real) { return trees.contains(real); });
  };
  const auto planted = walked(place("host/old/data"));
  ASSERT_FALSE(planted);
  EXPECT_EQ(planted.error().kind, Kind::host_refused);
  link("/etc", "jails/c/data");
  const auto mine = walked(place("jails/c/data"));
  ASSERT_TRUE(mine) << mine.error().message;
  EXPECT_EQ(mine->real, "/etc");
}

}  // namespace
}  // namespace jaild::host
