#include "daemon/host/linux/cgroup.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include <gtest/gtest.h>

namespace jaild::host {
namespace {

class RealCgroups : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "making control groups needs root";
    if (tree_.empty()) GTEST_SKIP() << "no control group hierarchy is mounted";
    if (auto probed = tree_.probe(); !probed) GTEST_SKIP() << probed.error().message;
  }
  void TearDown() override { EXPECT_TRUE(tree_.remove(group_, std::chrono::seconds(2))); }

  const CgroupTree tree_ = CgroupTree::detect();
  const std::string group_ = "cgtest" + std::to_string(::getpid()) + ".1";
};

TEST_F(RealCgroups, MakingAndRemovingMayBeRepeated) {
  EXPECT_FALSE(tree_.exists(group_));
  EXPECT_TRUE(tree_.make(group_));
  EXPECT_TRUE(tree_.make(group_));
  EXPECT_TRUE(tree_.exists(group_));
  EXPECT_TRUE(tree_.remove(group_, std::chrono::seconds(1)));
  EXPECT_FALSE(tree_.exists(group_));
  EXPECT_TRUE(tree_.remove(group_, std::chrono::seconds(1)));
}

TEST_F(RealCgroups, NotesGoWithTheGroup) {
  ASSERT_TRUE(tree_.make(group_));
  EXPECT_EQ(tree_.note(group_, "rules").value(), "");
  ASSERT_TRUE(tree_.set_note(group_, "rules", "memoryuse:deny=1g\n"));
  EXPECT_EQ(tree_.note(group_, "rules").value(), "memoryuse:deny=1g\n");
  ASSERT_TRUE(tree_.remove(group_, std::chrono::seconds(1)));
  ASSERT_TRUE(tree_.make(group_));
  EXPECT_EQ(tree_.note(group_, "rules").value(), "");
}

TEST_F(RealCgroups, GroupWithProcessesIsKept) {
  ASSERT_TRUE(tree_.make(group_));
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  for (const std::string& file : tree_.procs_files(group_)) std::ofstream(file) << child;
  EXPECT_EQ(tree_.pids(group_), std::vector<int>{child});
  const auto removed = tree_.remove(group_, std::chrono::milliseconds(20));
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().kind, Kind::conflict);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

TEST_F(RealCgroups, KillReachesWhoIsInTheGroupAndNobodyElse) {
  ASSERT_TRUE(tree_.make(group_));
  EXPECT_FALSE(tree_.kill(group_)) << "nobody is there";
  std::array<pid_t, 2> children{};
  for (pid_t& child : children) {
    child = ::fork();
    if (child == 0) {
      ::pause();
      ::_exit(0);
    }
  }
  for (const std::string& file : tree_.procs_files(group_)) std::ofstream(file) << children[0];
  EXPECT_TRUE(tree_.kill(group_));
  int status = 0;
  ASSERT_EQ(::waitpid(children[0], &status, 0), children[0]);
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
  EXPECT_EQ(::waitpid(children[1], &status, WNOHANG), 0);
  ::kill(children[1], SIGKILL);
  ::waitpid(children[1], &status, 0);
}

}  // namespace
}  // namespace jaild::host
