#include "daemon/host/linux/limits.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace jaild::host {
namespace {

namespace fs = std::filesystem;

RctlRule rule(const std::string& text) {
  auto parsed = RctlRule::parse(text);
  EXPECT_TRUE(parsed) << text;
  return *parsed;
}

// Files in a folder instead of a kernel: what is written is what is read back.
class FakeTree : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "jaild-limits-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
    fs::create_directories(root_ + "/jaild/www.1");
  }
  void TearDown() override { fs::remove_all(root_); }

  void file(const std::string& name, const std::string& text) { std::ofstream(path(name)) << text << "\n"; }
  std::string text(const std::string& name) {
    std::ifstream in(path(name));
    std::string line;
    std::getline(in, line);
    return line;
  }
  std::string path(const std::string& name) { return root_ + "/jaild/www.1/" + name; }
  CgroupTree tree(bool v2, std::vector<Controller> controllers) {
    return CgroupTree({Hierarchy{root_, v2, std::move(controllers)}});
  }

  std::string root_;
};

TEST_F(FakeTree, V2TakesMemoryCpuAndThreads) {
  const CgroupTree all = tree(true, {Controller::cpu, Controller::memory, Controller::pids});
  file("memory.max", "max");
  file("memory.swap.max", "max");
  file("cpu.max", "max 100000");
  file("pids.max", "max");
  const Limits limits =
      limits_of({rule("memoryuse:deny=2g"), rule("pcpu:deny=150"), rule("nthr:deny=30"), rule("maxproc:deny=20")});
  ASSERT_TRUE(apply_limits(all, "www.1", limits));
  EXPECT_EQ(text("memory.max"), "2147483648");
  EXPECT_EQ(text("memory.swap.max"), "0");
  EXPECT_EQ(text("cpu.max"), "150000 100000");
  EXPECT_EQ(text("pids.max"), "20") << "the lower of the two";
  EXPECT_TRUE(limits_hold(all, "www.1", limits));
  EXPECT_FALSE(limits_hold(all, "www.1", Limits{}));
  ASSERT_TRUE(apply_limits(all, "www.1", Limits{}));
  EXPECT_EQ(text("memory.max"), "max");
  EXPECT_EQ(text("cpu.max"), "max 100000");
}

TEST_F(FakeTree, AgreedLimitsAreNotWrittenAgain) {
  const CgroupTree pids = tree(true, {Controller::pids});
  file("pids.max", "20");
  const auto before = fs::last_write_time(path("pids.max"));
  fs::last_write_time(path("pids.max"), before - std::chrono::hours(1));
  ASSERT_TRUE(apply_limits(pids, "www.1", limits_of({rule("nthr:deny=20")})));
  EXPECT_LT(fs::last_write_time(path("pids.max")), before);
}

TEST_F(FakeTree, V1SetsMemoryAndSwapTogether) {
  const CgroupTree all = tree(false, {Controller::memory, Controller::cpu});
  file("memory.limit_in_bytes", "9223372036854771712");
  file("memory.memsw.limit_in_bytes", "9223372036854771712");
  file("cpu.cfs_quota_us", "-1");
  ASSERT_TRUE(apply_limits(all, "www.1", limits_of({rule("memoryuse:deny=64m"), rule("pcpu:deny=50")})));
  EXPECT_EQ(text("memory.limit_in_bytes"), "67108864");
  EXPECT_EQ(text("memory.memsw.limit_in_bytes"), "67108864");
  EXPECT_EQ(text("cpu.cfs_quota_us"), "50000");
}

TEST_F(FakeTree, MissingFileFailsAndNamesIt) {
  const CgroupTree pids = tree(true, {Controller::pids});
  auto applied = apply_limits(pids, "www.1", limits_of({rule("nthr:deny=20")}));
  ASSERT_FALSE(applied);
  EXPECT_NE(applied.error().message.find("pids.max"), std::string::npos);
}

TEST_F(FakeTree, OnlyWhatCanBeEnforcedIsTaken) {
  const CgroupTree v2 = tree(true, {Controller::cpu, Controller::memory, Controller::pids, Controller::io});
  const CgroupTree v1 = tree(false, {Controller::cpu, Controller::memory, Controller::pids, Controller::io});
  for (const char* good : {"memoryuse:deny=1g", "pcpu:deny=50", "nthr:deny=10", "maxproc:deny=10",
                           "openfiles:deny=100/process", "vmemoryuse:deny=1g/process", "readbps:throttle=1m"}) {
    EXPECT_FALSE(rule_problem(rule(good), v2)) << good;
  }
  for (const char* bad : {"memoryuse:log=1g", "memoryuse:deny=1g/process", "maxproc:deny=10/user", "openfiles:deny=100",
                          "swapuse:deny=1g", "nmsgq:deny=3", "pcpu:deny=0", "maxproc:sigterm=10", "wallclock:log=10"}) {
    EXPECT_TRUE(rule_problem(rule(bad), v2)) << bad;
  }
  EXPECT_TRUE(rule_problem(rule("readbps:throttle=1m"), v1)) << "v1 throttles devices, not jails";
  EXPECT_TRUE(rule_problem(rule("memoryuse:deny=1g"), tree(true, {Controller::cpu})));
}

TEST(Limits, PerProcessRulesBecomeRlimits) {
  const Limits limits = limits_of(
      {rule("openfiles:deny=100/process"), rule("openfiles:deny=50/process"), rule("stacksize:deny=8m/process")});
  EXPECT_EQ(limits.rlimits, (std::map<std::string, std::uint64_t>{{"nofile", 50}, {"stack", 8388608}}));
  EXPECT_FALSE(limits.memory);
}

}  // namespace
}  // namespace jaild::host
