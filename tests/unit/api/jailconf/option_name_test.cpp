#include "api/jailconf/option_name.h"

#include <gtest/gtest.h>

namespace jaild::jailconf {
namespace {

TEST(OptionName, WithoutNoPrefix) {
  EXPECT_TRUE(without_no_prefix("foo").empty());
  EXPECT_EQ(without_no_prefix("nofoo"), (std::vector<std::string>{"foo"}));
  EXPECT_EQ(without_no_prefix("noa.nob"), (std::vector<std::string>{"a.nob", "noa.b"}));
}

TEST(OptionName, NoForm) {
  EXPECT_TRUE(is_no_form("nopersist"));
  EXPECT_TRUE(is_no_form("allow.nomount"));
  EXPECT_FALSE(is_no_form("no.mount"));
  EXPECT_FALSE(is_no_form("persist"));
}

TEST(OptionName, WhatNoVariableMayBeCalled) {
  for (const char* name :
       {"path", "name", "jid", "depend", "exec.start", "nopersist", "vnet", "mount.devfs", "command"})
    EXPECT_TRUE(reserved_for_parameters(name)) << name;
  for (const char* name : {"ip", "pool", "children.max", "uname"}) EXPECT_FALSE(reserved_for_parameters(name)) << name;
}

TEST(OptionName, Wildcards) {
  EXPECT_TRUE(is_wildcard("*"));
  EXPECT_TRUE(is_wildcard("a.*"));
  EXPECT_TRUE(is_wildcard("a.*.b"));
  EXPECT_FALSE(is_wildcard("a*"));
  EXPECT_FALSE(is_wildcard("a.b"));
  EXPECT_FALSE(is_wildcard(""));
  EXPECT_TRUE(wildcard_matches("*", "a.b.c"));
  EXPECT_TRUE(wildcard_matches("a.*", "a.b.c"));
  EXPECT_FALSE(wildcard_matches("a.*", "a"));
  EXPECT_TRUE(wildcard_matches("*.b", "a.b"));
  EXPECT_FALSE(wildcard_matches("*.b", "x.a.b"));
  EXPECT_FALSE(wildcard_matches("*.b", "b"));
}

TEST(OptionName, Jids) {
  EXPECT_TRUE(is_jid("7"));
  EXPECT_TRUE(is_jid("-12"));
  EXPECT_FALSE(is_jid("0"));
  EXPECT_FALSE(is_jid("7a"));
  EXPECT_FALSE(is_jid(""));
  EXPECT_FALSE(is_jid("a.7"));
}

}  // namespace
}  // namespace jaild::jailconf
