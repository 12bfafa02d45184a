#include "client/rc_conf.h"

#include <gtest/gtest.h>

namespace jaild::client {
namespace {

RcConf read(std::string_view text) {
  RcConf conf;
  conf.read("/etc/rc.conf", text);
  return conf;
}

TEST(RcConf, TheOrderOfJailListIsThePriority) {
  const RcConf conf =
      read("hostname=\"x\"\njail_enable=\"YES\"\n# jail_list=\"no\"\njail_list=\"db www\\\n  mail\" # comment\n");
  EXPECT_TRUE(conf.enabled());
  EXPECT_EQ(conf.list(), (std::vector<std::string>{"db", "www", "mail"}));
  EXPECT_TRUE(conf.autostart("mail"));
  EXPECT_FALSE(conf.autostart("other"));
  EXPECT_EQ(conf.priority("db"), 10);
  EXPECT_EQ(conf.priority("mail"), 12);
  EXPECT_EQ(conf.priority("other"), std::nullopt);
  ASSERT_EQ(conf.lines().size(), 2U);
  EXPECT_EQ(conf.lines()[1].line, 4U);
  EXPECT_EQ(conf.lines()[1].text, "jail_list=\"db www\\\n  mail\" # comment");
}

TEST(RcConf, AnEmptyListIsAllOfThem) {
  const RcConf conf = read("jail_enable=yes\n");
  EXPECT_TRUE(conf.autostart("any"));
  EXPECT_EQ(conf.priority("any"), std::nullopt);
}

TEST(RcConf, WithoutJailEnableNothingStarts) {
  EXPECT_FALSE(read("jail_list='a b'\n").autostart("a"));
  EXPECT_FALSE(read("jail_enable=NO\n").enabled());
  EXPECT_FALSE(read("").enabled());
}

TEST(RcConf, TheLaterLineHoldsAndParallelHasNoOrder) {
  RcConf conf = read("jail_enable=YES\njail_list=a\njail_list='b c'\n");
  conf.read("/etc/rc.conf.local", "jail_parallel_start=\"YES\"\n");
  EXPECT_FALSE(conf.autostart("a"));
  EXPECT_TRUE(conf.autostart("b"));
  EXPECT_EQ(conf.priority("b"), std::nullopt);
}

TEST(RcConf, ManyJailsStayWithinThePriorities) {
  std::string list;
  for (int i = 0; i < 200; ++i) list += "j" + std::to_string(i) + " ";
  EXPECT_EQ(read("jail_enable=YES\njail_list=\"" + list + "\"").priority("j199"), 90);
}

TEST(RcConf, OddLinesArePassedOver) {
  const RcConf conf = read("= \n$(boom)\njail_enable\n  jail_enable=\"YES\"; x=1\njail_list=\"unclosed a b");
  EXPECT_TRUE(conf.enabled());
  EXPECT_EQ(conf.list().size(), 3U);
}

}  // namespace
}  // namespace jaild::client
