#include "daemon/command_environment.h"

#include <array>

#include <gtest/gtest.h>

namespace jaild {
namespace {

using Variables = std::vector<std::string>;

TEST(CommandEnvironment, OnlyWhatIsNamedGoesOn) {
  const std::array<const char*, 8> own{"PATH=/sbin", "HOME=/home/operator", "USER=operator", "SECRET=x",
                                       "TERM=vt100", "LANG=C.UTF-8",        "no-value",      nullptr};
  EXPECT_EQ(*command_environment({}, own.data()), (Variables{"PATH=/sbin", "TERM=vt100"}));
  EXPECT_EQ(*command_environment({"LANG", "HOME", "UNSET"}, own.data()),
            (Variables{"PATH=/sbin", "HOME=/home/operator", "TERM=vt100", "LANG=C.UTF-8"}));
}

TEST(CommandEnvironment, WhatCannotTravelIsRefused) {
  const std::array<const char*, 2> bytes{"A=\xff", nullptr};
  EXPECT_TRUE(command_environment({}, bytes.data()));
  EXPECT_EQ(command_environment({"A"}, bytes.data()).error().kind, Kind::invalid);
  const std::string large = "A=" + std::string(64 * 1024, 'x');
  const std::array<const char*, 2> much{large.c_str(), nullptr};
  EXPECT_EQ(command_environment({"A"}, much.data()).error().kind, Kind::invalid);
}

}  // namespace
}  // namespace jaild
