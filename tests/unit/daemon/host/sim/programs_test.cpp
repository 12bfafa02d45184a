// What command lines do.
#include "daemon/host/sim/programs.h"

#include <gtest/gtest.h>

namespace jaild::host::sim {
namespace {

using namespace std::chrono_literals;

TEST(Programs, BuiltInsEndAsTheirNamesSay) {
  const Programs programs;
  struct Row {
    const char* line;
    std::optional<Span> runs;
    int code;
  };
  for (const bool main : {false, true}) {
    for (const Row& row : {Row{"true", 0s, 0}, Row{"/usr/bin/true", 0s, 0}, Row{"false", 0s, 1}, Row{"sleep 5", 5s, 0},
                           Row{"  /bin/sleep\t2.5 ", 2500ms, 0}, Row{"exit 7", 0s, 7}}) {
      const Program program = programs.of(row.line, main);
      EXPECT_EQ(program.runs, row.runs) << row.line;
      EXPECT_EQ(program.code, row.code) << row.line;
    }
  }
}

TEST(Programs, WhatIsNotKnownSucceedsAtOnceAndRunsForEverAsMain) {
  const Programs programs;
  for (const char* line : {"/bin/sh /etc/rc", "sleep", "sleep x", "sleep 1 2", "true false", "", "exit -1"}) {
    EXPECT_EQ(programs.of(line, false).runs, Span{0}) << line;
    EXPECT_EQ(programs.of(line, false).code, 0) << line;
    EXPECT_FALSE(programs.of(line, true).runs) << line;
  }
}

TEST(Programs, ForkMakesChildrenAndGoesOnOnlyAsMain) {
  const Programs programs;
  EXPECT_EQ(programs.of("fork 3", false).forks, 3);
  EXPECT_EQ(programs.of("fork 3", false).runs, Span{0});
  EXPECT_FALSE(programs.of("fork 3", true).runs);
}

TEST(Programs, NumbersAreBounded) {
  const Programs programs;
  EXPECT_EQ(programs.of("exit 1e300", false).code, 255);
  EXPECT_EQ(programs.of("fork 1e300", false).forks, 10'000);
  EXPECT_GT(programs.of("sleep 1e300", false).runs, Span{0});
}

TEST(Programs, TableComesBeforeTheBuiltIns) {
  Programs programs;
  programs.set("true", Program{.code = 3});
  EXPECT_EQ(programs.of("true", false).code, 3);
  EXPECT_EQ(programs.of("/bin/true", false).code, 0);
  programs.unset("true");
  EXPECT_EQ(programs.of("true", false).code, 0);
}

}  // namespace
}  // namespace jaild::host::sim
