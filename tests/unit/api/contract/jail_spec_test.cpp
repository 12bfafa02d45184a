#include "api/contract/jail_spec.h"

#include <gtest/gtest.h>

namespace jaild {
namespace {

TEST(JailName, IsWhatRctlAndJailConfCanCarry) {  // R6.5
  for (const char* name : {"www1", "a", "_", "0base", "net-firewall", "A_b-C", "parent.child", "a.b.c", "1a", "a.1b",
                           "a123456789012345678901234567890123456789012345678901234567890bc"})
    EXPECT_EQ(name_problem(name), std::nullopt) << name;
}

TEST(JailName, RefusesAllElseWithAReason) {
  for (const char* name :
       {"",         ".",    "a.",  ".a",   "a..b",
        "-a",       "a.-b", "12",  "a.12", "a b",
        "a/b",      "a:b",  "a,b", "a=b",  "a*",
        "\xc3\xa4", "a\n",  "a$",  "..",   "a123456789012345678901234567890123456789012345678901234567890bcd"}) {
    const auto problem = name_problem(name);
    ASSERT_TRUE(problem) << name;
    EXPECT_FALSE(problem->empty());
  }
  EXPECT_TRUE(name_problem(std::string_view("a\0b", 3)));
  EXPECT_EQ(name_problem(std::string(64, 'a')), "a jail name has at most 63 characters");
}

TEST(JailName, ParentIsWhatStandsBeforeTheLastDot) {
  EXPECT_EQ(parent_name("a.b.c"), "a.b");
  EXPECT_EQ(parent_name("a.b"), "a");
  EXPECT_EQ(parent_name("a"), "");
}

TEST(JailSpec, TypedLooksGiveTheDefaultForAnythingElse) {
  JailSpec spec;
  spec.params = {{"persist", true},
                 {"securelevel", std::int64_t{2}},
                 {"path", std::string("/jail")},
                 {"exec.start", std::vector<std::string>{"a", "b"}}};
  EXPECT_TRUE(spec.flag("persist"));
  EXPECT_FALSE(spec.flag("path"));
  EXPECT_TRUE(spec.flag("absent", true));
  EXPECT_EQ(spec.number("securelevel"), 2);
  EXPECT_EQ(spec.number("path", -5), -5);
  EXPECT_EQ(spec.text("path"), "/jail");
  EXPECT_EQ(spec.text("persist", "x"), "x");
  EXPECT_EQ(spec.list("exec.start").size(), 2U);
  EXPECT_TRUE(spec.list("path").empty());
  EXPECT_TRUE(spec.has("path"));
  EXPECT_FALSE(spec.has("pat"));
}

}  // namespace
}  // namespace jaild
