#include "api/jailconf/hook_limits.h"

#include <gtest/gtest.h>

namespace jaild::jailconf {
namespace {

std::string rules_in(const std::string& command) {
  const auto limits = limits_of_command(command, "www");
  if (!limits) return "no";
  std::string text = limits->remove ? "remove" : "";
  for (const RctlRule& rule : limits->add) text += rule.text() + " ";
  return text + (limits->cpuset ? "cpus " + limits->cpuset->text() : "");
}

TEST(HookLimits, Rctl) {
  EXPECT_EQ(rules_in("rctl -a jail:www:memoryuse:deny=2g"), "memoryuse:deny=2g ");
  EXPECT_EQ(rules_in("  /usr/bin/rctl  -a\tjail:www:maxproc:log=5 jail:www:pcpu:deny=50/user "),
            "maxproc:log=5 pcpu:deny=50/user ");
  EXPECT_EQ(rules_in("rctl -a 'jail:$JNAME:maxproc:deny=5'"), "maxproc:deny=5 ");
  EXPECT_EQ(rules_in("rctl -a \"jail:${JNAME}:maxproc:deny=5\""), "maxproc:deny=5 ");
  EXPECT_EQ(rules_in("rctl -r jail:www"), "remove");
  EXPECT_EQ(rules_in("rctl -r jail:www:memoryuse"), "remove");
}

TEST(HookLimits, Cpuset) {
  EXPECT_EQ(rules_in("cpuset -l 0-2 -j www"), "cpus 0-2");
  EXPECT_EQ(rules_in("/usr/bin/cpuset -c -j $JID -l 1,3"), "cpus 1,3");
}

TEST(HookLimits, AnythingElseIsLeftAlone) {
  for (const char* command : {"",
                              "echo rctl",
                              "rctl",
                              "rctl -a",
                              "rctl -u jail:www",
                              "rctl -a jail:other:maxproc:deny=5",
                              "rctl -a user:www:maxproc:deny=5",
                              "rctl -a jail:www:maxproc:deny=5 && echo ok",
                              "rctl -a jail:www:nothing:deny=5",
                              "rctl -a jail:www:maxproc:deny=5;true",
                              "rctl -a jail:www:maxproc:deny=5 || true",
                              "rctl -a jail:www:maxproc:deny=5 > /dev/null",
                              "cpuset -l 0",
                              "cpuset -j www",
                              "cpuset -l 0 -j other",
                              "cpuset -l x -j www",
                              "cpuset -g -j www",
                              "cpuset -l 0 -j www sh",
                              "cpuset -l 0 -l 1 -j www",
                              "sh -c 'rctl -a jail:www:maxproc:deny=5'"}) {
    EXPECT_EQ(rules_in(command), "no") << command;
  }
}

TEST(HookLimits, RctlConf) {
  std::vector<std::string> wrong;
  const auto rules = rules_of_rctl_conf(
      "# a comment\njail:www:memoryuse:deny=1g # another\n\nuser:www:maxproc:deny=1\njail:db:maxproc:deny=2\n"
      "jail:www:maxproc:log=3\njail:www:bogus:deny=1\njail:www:maxproc:deny=1 extra",
      "www", wrong);
  ASSERT_EQ(rules.size(), 2U);
  EXPECT_EQ(rules[0].text(), "memoryuse:deny=1g");
  EXPECT_EQ(rules[1].text(), "maxproc:log=3");
  EXPECT_EQ(wrong, (std::vector<std::string>{"jail:www:bogus:deny=1", "jail:www:maxproc:deny=1 extra"}));
}

}  // namespace
}  // namespace jaild::jailconf
