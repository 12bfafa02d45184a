#include "daemon/host/freebsd/devctl.h"

#include <gtest/gtest.h>

namespace jaild::host {
namespace {

TEST(Devctl, RuleOfAJailIsANotice) {
  const auto notice = parse_devctl(
      "!system=RCTL subsystem=rule type=matched rule=jail:www:maxproc:devctl=100 pid=812 ruid=0 jail=www\n");
  ASSERT_TRUE(notice);
  EXPECT_EQ(notice->jail, "www");
  EXPECT_EQ(notice->resource, Resource::maxproc);
  const auto child =
      parse_devctl("!system=RCTL subsystem=rule type=matched rule=jail:a.b:openfiles:devctl=9/process pid=1");
  ASSERT_TRUE(child);
  EXPECT_EQ(child->jail, "a.b");
  EXPECT_EQ(child->resource, Resource::openfiles);
}

TEST(Devctl, OtherMessagesAreNone) {
  for (const char* message :
       {"", "!system=IFNET subsystem=epair0a type=ATTACH\n", "!system=RCTL subsystem=rule type=matched",
        "!system=RCTL subsystem=rule type=matched rule=user:1001:maxproc:devctl=100 pid=812",
        "!system=RCTL subsystem=rule type=matched rule=jail:www",
        "!system=RCTL type=matched rule=jail:www:nosuch:devctl=1", "!system=RCTL type=matched rule=jail:"}) {
    EXPECT_FALSE(parse_devctl(message)) << message;
  }
}

}  // namespace
}  // namespace jaild::host
