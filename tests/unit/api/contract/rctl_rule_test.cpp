#include "api/contract/rctl_rule.h"

#include <set>

#include <gtest/gtest.h>

namespace jaild {
namespace {

TEST(RctlRule, ResolvesSuffixesAsRctlDoes) {
  const struct {
    const char* text;
    std::uint64_t amount;
  } rows[] = {{"memoryuse:deny=2g", 2ULL << 30},
              {"memoryuse:deny=2G", 2ULL << 30},
              {"vmemoryuse:deny=1024", 1024},
              {"swapuse:deny=1k", 1024},
              {"maxproc:log=1M", 1ULL << 20},
              {"datasize:deny=3t", 3ULL << 40},
              {"datasize:deny=3p", 3ULL << 50},
              {"datasize:deny=7e", 7ULL << 60},
              {"datasize:deny=2gb", 2ULL << 30},
              {"datasize:deny=5b", 5},
              {"datasize:deny=0x10", 16},
              {"pcpu:deny=150", 150},
              {"maxproc:deny=0", 0},
              {"datasize:deny=9223372036854775807", 9223372036854775807ULL},
              {"cputime:log=9223372036854", 9223372036854ULL}};
  for (const auto& row : rows) {
    const auto rule = RctlRule::parse(row.text);
    ASSERT_TRUE(rule) << row.text << ": " << rule.error().message;
    EXPECT_EQ(rule->amount(), row.amount) << row.text;
    EXPECT_EQ(rule->text(), row.text);
    EXPECT_EQ(rule->per(), LimitPer::jail);
  }
}

TEST(RctlRule, RefusesWhatDoesNotParse) {
  for (const char* text : {"",
                           ":",
                           "=",
                           "memoryuse",
                           "memoryuse:deny",
                           "memoryuse:deny=",
                           "memoryuse=deny:5",
                           "memory:deny=1",
                           "memoryuse:stop=1",
                           "memoryuse:sigfoo=1",
                           "memoryuse:deny=-1",
                           "memoryuse:deny=1x",
                           "memoryuse:deny=1kk",
                           "memoryuse:deny=1 k",
                           "memoryuse:deny= 1",
                           "memoryuse:deny=1.5g",
                           "memoryuse:deny=8e",
                           "memoryuse:deny=9223372036854775808",
                           "memoryuse:deny=99999999999999999999",
                           "pcpu:deny=9223372036855",
                           "wallclock:log=9e",
                           "memoryuse:deny=1/jails",
                           "memoryuse:deny=1/",
                           "memoryuse:deny=1/jail/jail",
                           "jail:www:memoryuse:deny=1",
                           ":www:memoryuse:deny=1",
                           "memoryuse:deny=1g,",
                           "memoryuse::deny=1",
                           "memoryuse:=1",
                           ":deny=1",
                           "memoryuse:deny==1"}) {
    const auto rule = RctlRule::parse(text);
    ASSERT_FALSE(rule) << text;
    EXPECT_EQ(rule.error().kind, Kind::invalid);
    EXPECT_FALSE(rule.error().message.empty());
  }
  EXPECT_FALSE(RctlRule::parse(std::string_view("maxproc:deny=1\0", 15)));
}

// The table of the kernel: sys/kern/kern_racct.c, racct_types, and rctl_rule_add().
TEST(RctlRule, TakesEachActionWhereTheKernelDoes) {
  const std::set<std::string_view> undeniable{"cputime", "wallclock", "readbps", "writebps", "readiops", "writeiops"};
  const std::set<std::string_view> throttled{"readbps", "writebps", "readiops", "writeiops"};
  const std::set<std::string_view> sloppy{"pseudoterminals", "swapuse", "msgqqueued", "msgqsize",
                                          "nmsgq",           "nsem",    "nshm",       "shmsize"};
  EXPECT_EQ(all_resources().size(), static_cast<std::size_t>(resource_count));
  for (const Resource resource : all_resources()) {
    const std::string name(to_string(resource));
    EXPECT_EQ(RctlRule::parse(name + ":deny=1").has_value(), !undeniable.contains(name)) << name;
    EXPECT_EQ(RctlRule::parse(name + ":throttle=1").has_value(), throttled.contains(name)) << name;
    for (const char* action : {"log", "devctl", "sigterm", "sigkill", "sighup", "sigthr", "siginfo", "sigusr2"}) {
      EXPECT_TRUE(RctlRule::parse(name + ":" + action + "=1")) << name << action;
    }
    EXPECT_EQ(RctlRule::parse(name + ":log=1/process").has_value(), !sloppy.contains(name)) << name;
    for (const char* per : {"user", "loginclass", "jail"}) EXPECT_TRUE(RctlRule::parse(name + ":log=1/" + per)) << name;
  }
}

TEST(RctlRule, NamesWhatWouldBeRight) {
  EXPECT_NE(RctlRule::parse("readbps:deny=1m").error().message.find("throttle"), std::string::npos);
  EXPECT_NE(RctlRule::parse("jail:www:maxproc:deny=1").error().message.find("subject"), std::string::npos);
  EXPECT_NE(RctlRule::parse("memory:deny=1").error().message.find("memoryuse"), std::string::npos);
}

TEST(RctlRule, PrintsAsTheKernelDoes) {
  EXPECT_EQ(RctlRule::parse("memoryuse:deny=2g")->kernel_text("www"), "jail:www:memoryuse:deny=2147483648");
  EXPECT_EQ(RctlRule::parse("MemoryUse:DENY=2g/JAIL")->kernel_text("a.b"), "jail:a.b:memoryuse:deny=2147483648");
  EXPECT_EQ(RctlRule::parse("openfiles:log=10/process")->kernel_text("w"), "jail:w:openfiles:log=10/process");
}

TEST(RctlRule, EqualsTheSameRuleHoweverItIsSpelled) {
  EXPECT_EQ(*RctlRule::parse("memoryuse:deny=1k"), *RctlRule::parse("MEMORYUSE:deny=1024/jail"));
  EXPECT_FALSE(*RctlRule::parse("memoryuse:deny=1k") == *RctlRule::parse("memoryuse:deny=1025"));
  EXPECT_FALSE(*RctlRule::parse("memoryuse:deny=1k") == *RctlRule::parse("memoryuse:log=1k"));
  EXPECT_FALSE(*RctlRule::parse("memoryuse:deny=1k") == *RctlRule::parse("memoryuse:deny=1k/process"));
}

TEST(RctlRule, KnowsTheUnitOfEachResource) {
  EXPECT_EQ(unit_of(Resource::memoryuse), LimitUnit::bytes);
  EXPECT_EQ(unit_of(Resource::pcpu), LimitUnit::percent);
  EXPECT_EQ(unit_of(Resource::wallclock), LimitUnit::seconds);
  EXPECT_EQ(unit_of(Resource::writeiops), LimitUnit::per_second);
  EXPECT_EQ(unit_of(Resource::nthr), LimitUnit::count);
  EXPECT_EQ(to_string(LimitUnit::per_second), "per_second");
  EXPECT_EQ(to_string(Resource::writeiops), "writeiops");
}

}  // namespace
}  // namespace jaild
