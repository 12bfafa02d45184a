#include "daemon/monitor/passwd.h"

#include <gtest/gtest.h>

namespace jaild::monitor {
namespace {

constexpr std::string_view passwd =
    "# comment\n"
    "short:x:1\n"
    "minus:x:4294967295:0::/:/bin/sh\n"
    "bad:x:12x:0::/:/bin/sh\n"
    "root:x:0:0:Charlie &:/root:/bin/sh\n"
    "web:x:1234:99::/srv/web:\n"
    "toor:x:0:0::/root:/bin/csh";

TEST(Passwd, FindsByNameAndByNumber) {
  const auto web = find_user(passwd, std::string_view("web"));
  ASSERT_TRUE(web);
  EXPECT_EQ(web->uid, 1234U);
  EXPECT_EQ(web->gid, 99U);
  EXPECT_EQ(web->home, "/srv/web");
  EXPECT_EQ(web->shell, "/bin/sh");  // an empty one is the Bourne shell
  EXPECT_EQ(find_user(passwd, uid_t{0})->name, "root");
  EXPECT_EQ(find_user(passwd, std::string_view("toor"))->shell, "/bin/csh");
}

// -1 would leave the uid as it is, which is root.
TEST(Passwd, BrokenLinesAreNobody) {
  for (const char* name : {"short", "minus", "bad", "", "nobody", "we", "# comment"}) {
    EXPECT_FALSE(find_user(passwd, std::string_view(name))) << name;
  }
}

TEST(Passwd, GroupsAreThePrimaryAndEachThatNamesTheUser) {
  constexpr std::string_view group =
      "wheel:*:0:root\nweb:*:99:\nmail:*:6:other,web\nlog:*:7:webx\nagain:*:6:web\nbroken:*:x:web\nthree:*:8\n";
  EXPECT_EQ(find_groups(group, "web", 99), (std::vector<gid_t>{99, 6}));
  EXPECT_EQ(find_groups("", "web", 5), (std::vector<gid_t>{5}));
}

}  // namespace
}  // namespace jaild::monitor
