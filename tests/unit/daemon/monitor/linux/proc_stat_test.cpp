#include "daemon/monitor/linux/proc_stat.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace jaild::monitor {
namespace {

TEST(ProcStat, ANameWithBlanksAndParenthesesIsNoTrap) {
  const auto process =
      parse_proc_stat("77 (a) Z 1 (b)) S 10 77 70 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654321 9 10 11 12 13\n");
  ASSERT_TRUE(process);
  EXPECT_EQ(process->pid, 77);
  EXPECT_EQ(process->parent, 10);
  EXPECT_EQ(process->session, 70);
  EXPECT_EQ(process->start_time, 987654321U);
  EXPECT_FALSE(process->zombie);
}

TEST(ProcStat, WhatIsCutShortIsNobody) {
  for (const char* text : {"", "77", "77 (a", "77 (a) S", "77 (a) S 1 2 3", "x (a) S 1 1 1"}) {
    EXPECT_FALSE(parse_proc_stat(text)) << text;
  }
}

TEST(ProcStat, WeAreAmongAllProcesses) {
  const auto self = read_proc_stat(::getpid());
  ASSERT_TRUE(self);
  EXPECT_EQ(self->parent, ::getppid());
  int found = 0;
  for (const Process& process : all_processes()) found += process.pid == ::getpid() ? 1 : 0;
  EXPECT_EQ(found, 1);
}

TEST(OwnChildren, AreListedUntilTheyAreReaped) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(0);
  EXPECT_EQ(own_children(), std::vector<pid_t>{pid});
  ::waitpid(pid, nullptr, 0);
  EXPECT_TRUE(own_children().empty());
}

}  // namespace
}  // namespace jaild::monitor
