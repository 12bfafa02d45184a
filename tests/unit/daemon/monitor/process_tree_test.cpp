#include "daemon/monitor/process_tree.h"

#include <gtest/gtest.h>

namespace jaild::monitor {
namespace {

using Pids = std::vector<pid_t>;

// pid, parent, session, start time
constexpr pid_t monitor = 10;

TEST(ProcessTree, TakesChildrenAndTheWholeSession) {
  ProcessTree tree(100, 0, {});
  const std::vector<Process> processes{{100, monitor, 100, 1, false}, {101, 100, 100, 2, false},
                                       {102, 101, 102, 3, false},  // setsid
                                       {103, 1, 100, 4, false},    // orphan of the session
                                       {104, 1, 102, 5, false},    // orphan of the second session
                                       {200, 1, 200, 6, false}};
  EXPECT_EQ(tree.look(processes), (Pids{100, 101, 102, 103, 104}));
}

TEST(ProcessTree, RemembersMembersWhoseParentDied) {
  ProcessTree tree(100, 0, {});
  EXPECT_EQ(tree.look({{100, monitor, 100, 1, false}, {102, 100, 102, 3, false}}), (Pids{100, 102}));
  EXPECT_EQ(tree.look({{102, 1, 102, 3, false}, {105, 102, 105, 9, false}}), (Pids{102, 105}));
  EXPECT_EQ(tree.look({{105, 1, 105, 9, false}}), (Pids{105}));
}

TEST(ProcessTree, AReusedPidIsNoMember) {
  ProcessTree tree(100, 0, {});
  EXPECT_EQ(tree.look({{100, monitor, 100, 1, false}, {101, 100, 100, 2, false}}).size(), 2U);
  EXPECT_EQ(tree.look({{101, 1, 50, 77, false}}), Pids{});
}

TEST(ProcessTree, OrphansOfHostCommandsAreOursUnlessTheyWereThereBefore) {
  ProcessTree tree(100, monitor, {90, 91});
  const std::vector<Process> processes{
      {90, monitor, 90, 1, false}, {92, monitor, 92, 5, false}, {91, monitor, 91, 1, false}};
  EXPECT_EQ(tree.look(processes), (Pids{92}));
}

// FreeBSD tells from which of our children a process descends: then neither session nor parent matters.
TEST(ProcessTree, AnOriginDecides) {
  ProcessTree tree(100, monitor, {});
  const std::vector<Process> processes{{100, monitor, 100, 1, false, 100},
                                       {101, monitor, 101, 2, false, 100},  // a session of its own, its parent gone
                                       {102, monitor, 102, 3, false, 90},   // an orphan of another command
                                       {103, 100, 100, 4, false, 90}};
  EXPECT_EQ(tree.look(processes), (Pids{100, 101}));
}

TEST(ProcessTree, ZombiesAreNotAliveButTheirChildrenAre) {
  ProcessTree tree(100, 0, {});
  EXPECT_EQ(tree.look({{100, monitor, 100, 1, true}, {101, 100, 101, 2, false}}), (Pids{101}));
}

}  // namespace
}  // namespace jaild::monitor
