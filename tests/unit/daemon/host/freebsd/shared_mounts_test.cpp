#include "daemon/host/freebsd/shared_mounts.h"

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include <gtest/gtest.h>

namespace jaild::host {
namespace {

namespace fs = std::filesystem;

class SharedMountsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "jaild-shared-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { fs::remove_all(directory_); }
  fs::path directory_;
};

TEST_F(SharedMountsTest, LastUserFreesIt) {
  SharedMounts mounts(directory_ / "mounts");
  EXPECT_FALSE(mounts.made("1:2", "/jail/dev", "ruleset=4"));
  ASSERT_TRUE(mounts.claim("1:2", "/jail/dev", "ruleset=4", "a 1"));
  ASSERT_TRUE(mounts.claim("1:2", "/jail/dev", "ruleset=4", "a 1")) << "again is success";
  ASSERT_TRUE(mounts.claim("1:2", "/jail/dev", "ruleset=4", "b 2"));
  EXPECT_TRUE(mounts.made("1:2", "/jail/dev", "ruleset=4"));
  EXPECT_FALSE(mounts.made("1:2", "/jail/dev", "ruleset=5")) << "other rules show other devices";
  EXPECT_FALSE(mounts.made("1:2", "/other/dev", "ruleset=4")) << "an id that was used again";
  EXPECT_TRUE(mounts.drop("1:2", "a 1")) << "b still uses it";
  EXPECT_FALSE(mounts.drop("1:2", "b 2"));
  EXPECT_TRUE(fs::is_empty(directory_ / "mounts"));
  EXPECT_FALSE(mounts.drop("1:2", "b 2"));
}

TEST_F(SharedMountsTest, TheNextDaemonKnowsThem) {
  ASSERT_TRUE(SharedMounts(directory_).claim("1:2", "/jail a/dev", "", "a 1"));
  SharedMounts next(directory_);
  EXPECT_TRUE(next.made("1:2", "/jail a/dev", ""));
  EXPECT_TRUE(next.drop("1:2", "b 2")) << "a uses it";
  EXPECT_FALSE(next.drop("1:2", "a 1"));
}

TEST_F(SharedMountsTest, OneAtATimeForOnePath) {
  SharedMounts mounts(directory_);
  std::atomic<bool> first_done = false;
  std::thread second;
  {
    const SharedMounts::Turn turn(mounts, "/jail/dev");
    const SharedMounts::Turn elsewhere(mounts, "/other/dev");
    second = std::thread([&] {
      const SharedMounts::Turn later(mounts, "/jail/dev");
      EXPECT_TRUE(first_done);
    });
    first_done = true;
  }
  second.join();
}

}  // namespace
}  // namespace jaild::host
