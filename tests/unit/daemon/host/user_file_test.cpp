#include "daemon/host/user_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/fakes/temporary_directory.h"

namespace jaild::host {
namespace {

namespace fs = std::filesystem;

class UserFile : public testing::Test {
 protected:
  UserFile() : base_(fs::canonical(directory_.path())) {
    fs::create_directories(base_ / "jail/etc");
    std::ofstream(base_ / "fstab") << "one\ntwo";
    std::ofstream(base_ / "jail/etc/fstab") << "theirs";
  }
  [[nodiscard]] std::string place(const std::string& name) const { return (base_ / name).string(); }
  Result<std::string> read(const std::string& path, std::size_t most = 100) {
    return read_user_file(path, "mount.fstab", [this](const std::string& real) { return real == place("jail"); }, most);
  }
  // The refusal of `path`, which ends with `why`.
  void refuses(const std::string& path, const std::string& why, std::size_t most = 100) {
    const auto text = read(path, most);
    ASSERT_FALSE(text) << path;
    EXPECT_EQ(text.error().kind, Kind::host_refused);
    EXPECT_EQ(text.error().message, "mount.fstab " + path + " " + why);
  }

  tests::TemporaryDirectory directory_;
  const fs::path base_;
};

TEST_F(UserFile, IsReadWhole) {
  EXPECT_EQ(read(place("fstab"), 7).value_or(""), "one\ntwo");
  fs::create_symlink("fstab", base_ / "link");
  EXPECT_EQ(read(place("link")).value_or(""), "one\ntwo") << "the administrator's links are followed";
  EXPECT_EQ(read(place("none")).error().kind, Kind::missing);
  EXPECT_EQ(read("fstab").error().kind, Kind::invalid) << "relative to what?";
}

TEST_F(UserFile, HasABound) {
  refuses(place("fstab"), "is longer than 6 bytes: shorten it", 6);
}

TEST_F(UserFile, WhatIsNoFileIsNotOpened) {
  ASSERT_EQ(::mkfifo(place("fifo").c_str(), 0600), 0);
  for (const std::string& path :
       {place("fifo"), place("jail").substr(0, place("jail").rfind('/')), std::string("/dev/zero"), std::string("/")}) {
    refuses(path, "is no regular file: correct it");
  }
}

TEST_F(UserFile, NoJailSaysWhatTheHostMounts) {
  refuses(place("jail/etc/fstab"), "lies where a jail can write, and no jail gives the host orders: keep it elsewhere");
  fs::create_symlink(place("fstab"), base_ / "jail/etc/planted");
  EXPECT_NE(read(place("jail/etc/planted")).error().message.find("symbolic link"), std::string::npos);
}

}  // namespace
}  // namespace jaild::host
