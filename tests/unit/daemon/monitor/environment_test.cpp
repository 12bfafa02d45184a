#include "daemon/monitor/environment.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace jaild::monitor {
namespace {

const Environment inherited{"PATH=/sbin", "TERM=vt100", "SECRET=x", "USER=operator"};

User web() {
  User user;
  user.name = "web";
  user.home = "/home/web";
  user.shell = "/bin/tcsh";
  return user;
}

TEST(Environment, WhatIsInheritedGoesBeforeWhatEverybodyHas) {
  Environment expected{"HOME=/root", "SHELL=/bin/sh", "PATH=/sbin", "TERM=vt100", "SECRET=x", "USER=operator"};
  EXPECT_EQ(make_environment(inherited, false, std::nullopt, std::nullopt), expected);
}

TEST(Environment, OfNobodyIsThatOfRootAtBoot) {
  EXPECT_EQ(make_environment({}, false, std::nullopt, std::nullopt),
            (Environment{"PATH=/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin", "HOME=/root",
                         "SHELL=/bin/sh", "USER=root"}));
}

TEST(Environment, CleanKeepsTermOnly) {
  EXPECT_EQ(make_environment(inherited, true, std::nullopt, std::nullopt),
            (Environment{"PATH=/bin:/usr/bin", "TERM=vt100"}));
  EXPECT_EQ(make_environment({"SECRET=x"}, true, std::nullopt, std::nullopt), (Environment{"PATH=/bin:/usr/bin"}));
}

TEST(Environment, UserReplacesWhatWasInherited) {
  const auto environment = make_environment(inherited, false, web(), std::nullopt);
  EXPECT_EQ(std::ranges::count(environment, "USER=web"), 1);
  EXPECT_EQ(std::ranges::count(environment, "USER=operator"), 0);
  EXPECT_EQ(std::ranges::count(environment, "HOME=/home/web"), 1);
  EXPECT_EQ(std::ranges::count(environment, "SHELL=/bin/tcsh"), 1);
}

TEST(Environment, HostCommandsKnowTheJailAlsoWhenClean) {
  const auto before = make_environment(inherited, true, std::nullopt, JailVariables{"www", "/jail/www", std::nullopt});
  EXPECT_EQ(before, (Environment{"PATH=/bin:/usr/bin", "TERM=vt100", "JNAME=www", "JPATH=/jail/www"}));
  const auto after = make_environment({}, true, std::nullopt, JailVariables{"www", "/jail/www", 7});
  EXPECT_EQ(after.back(), "JID=7");
}

}  // namespace
}  // namespace jaild::monitor
