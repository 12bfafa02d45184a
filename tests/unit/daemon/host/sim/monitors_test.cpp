// Monitors outlive the daemon, and can be lost.
#include <csignal>

#include "tests/unit/daemon/host/sim/sim_world.h"

namespace jaild::host::sim {
namespace {

TEST(Monitors, NothingRunsWithoutOne) {
  Machine machine;
  Daemon daemon(machine);
  const JailKey key = daemon.up("www");
  ASSERT_TRUE(machine.hand.kill_monitor("www"));
  EXPECT_EQ(daemon.perform(core::Run{key, Daemon::command("true")}).error().kind, Kind::unavailable);
  EXPECT_EQ(daemon.perform(StartMain{key, Daemon::command("true")}).error().kind, Kind::unavailable);
  EXPECT_EQ(daemon.perform(Terminate{key, 1s}).error().kind, Kind::unavailable);
  EXPECT_TRUE(daemon.perform(core::Cancel{key}));
  EXPECT_TRUE(daemon.perform(CloseMonitor{key})) << "gone already is success";
  EXPECT_TRUE(daemon.perform(Remove{key})) << "the kernel needs none";
}

TEST(Monitors, KillingOneEndsWhatWaitedForItAndLeavesTheProcesses) {
  Machine machine;
  Daemon daemon(machine);
  const JailKey key = daemon.up("www");
  ASSERT_TRUE(daemon.perform(StartMain{key, Daemon::command("httpd")}));
  const OpId running = daemon.submit(core::Run{key, Daemon::command("sleep 60")});
  machine.run_for(1s);
  ASSERT_TRUE(machine.hand.kill_monitor("www"));
  machine.run_for(1s);
  ASSERT_NE(daemon.find(running), nullptr);
  EXPECT_EQ(daemon.find(running)->result.error().kind, Kind::unavailable);
  EXPECT_EQ(daemon.count<MonitorLost>(), 1U);
  EXPECT_EQ(machine.kernel->processes_below(key.jid), 2U);
  EXPECT_FALSE(machine.hand.kill_monitor("www")) << "it has none any more";
  ASSERT_TRUE(machine.hand.kill_all("www", SIGKILL));
  machine.run_for(1s);
  EXPECT_EQ(daemon.count<MainExited>(), 0U) << "nobody is left to tell";
  EXPECT_EQ(daemon.count<JailEmpty>(), 0U);
}

TEST(Monitors, NewOneTakesTheJailOver) {
  Machine machine;
  Daemon daemon(machine);
  const JailKey key = daemon.up("www");
  ASSERT_TRUE(daemon.perform(StartMain{key, Daemon::command("sleep 30")}));
  ASSERT_TRUE(machine.hand.kill_monitor("www"));
  ASSERT_TRUE(daemon.perform(OpenMonitor{key}));
  EXPECT_TRUE(daemon.run(key, "true").ok());
  machine.run_for(1min);
  EXPECT_EQ(daemon.count<MainExited>(), 0U) << "it was another one's child";
  EXPECT_EQ(daemon.count<JailEmpty>(), 1U);
}

TEST(Monitors, OpeningTwiceKeepsTheFirst) {
  Machine machine;
  Daemon daemon(machine);
  const JailKey key = daemon.up("www");
  ASSERT_TRUE(daemon.perform(StartMain{key, Daemon::command("httpd")}));
  ASSERT_TRUE(daemon.perform(OpenMonitor{key}));
  EXPECT_TRUE(machine.kernel->monitors().main_pid(key.run));
}

TEST(Monitors, ClosingNeverTouchesTheProcesses) {
  Machine machine;
  Daemon daemon(machine);
  const JailKey key = daemon.up("www");
  ASSERT_TRUE(daemon.perform(StartMain{key, Daemon::command("httpd")}));
  ASSERT_TRUE(daemon.perform(CloseMonitor{key}));
  machine.run_for(1s);
  EXPECT_EQ(machine.kernel->processes_below(key.jid), 1U);
  EXPECT_EQ(daemon.count<MonitorLost>(), 0U) << "its end was wanted";
}

TEST(Monitors, P4_NextDaemonFindsWhatHappenedMeanwhile) {
  Machine machine;
  JailKey ended;
  JailKey running;
  {
    Daemon first(machine);
    ended = first.up("ended");
    running = first.up("running");
    ASSERT_TRUE(first.perform(StartMain{ended, Daemon::command("exit 3")}));
    ASSERT_TRUE(first.perform(StartMain{running, Daemon::command("httpd")}));
    first.crash();
  }
  const auto pid = machine.kernel->monitors().main_pid(running.run);
  machine.run_for(1h);
  EXPECT_EQ(machine.kernel->monitors().main_pid(running.run), pid) << "same process";
  Daemon next(machine);
  const auto survey = next.host->survey();
  ASSERT_TRUE(survey);
  EXPECT_EQ(survey->jails.size(), 2U);
  ASSERT_EQ(survey->monitors.size(), 2U);
  EXPECT_EQ(survey->monitors[0].key, ended);
  EXPECT_TRUE(survey->monitors[0].main_started);
  ASSERT_TRUE(survey->monitors[0].main_exit);
  EXPECT_EQ(survey->monitors[0].main_exit->code, 3);
  EXPECT_EQ(survey->monitors[1].key, running);
  EXPECT_FALSE(survey->monitors[1].main_exit);
}

TEST(Monitors, EndOfAFormerDaemonsCommandIsNotTakenForThisOnes) {
  Machine machine;
  JailKey key;
  {
    Daemon first(machine);
    key = first.up("www");
    first.last_id = 999;
    first.submit(core::Run{key, Daemon::command("sleep 10")});  // operation 1000
    machine.run_for(1s);
    first.crash();
  }
  Daemon next(machine);
  next.last_id = 999;
  const OpId same_number = next.submit(core::Run{key, Daemon::command("sleep 60")});
  machine.run_for(20s);
  EXPECT_EQ(next.find(same_number), nullptr);
  machine.run_for(60s);
  ASSERT_NE(next.find(same_number), nullptr);
  EXPECT_EQ(next.done.size(), 1U);
}

TEST(Monitors, TimeoutHoldsAlsoWhenTheDaemonIsGone) {
  Machine machine;
  JailKey key;
  {
    Daemon daemon(machine);
    key = daemon.up("www");
    Command command = Daemon::command("sleep 600");
    command.timeout = 5s;
    daemon.submit(core::Run{key, command});
    machine.run_for(1s);
    daemon.crash();
  }
  machine.run_for(10s);
  EXPECT_EQ(machine.kernel->processes_below(key.jid), 0U);
}

TEST(Monitors, RebootEndsThemAll) {
  Machine machine;
  {
    Daemon daemon(machine);
    const JailKey key = daemon.up("www");
    ASSERT_TRUE(daemon.perform(StartMain{key, Daemon::command("httpd")}));
    daemon.crash();
  }
  machine.kernel->reboot();
  Daemon next(machine);
  const auto survey = next.host->survey();
  EXPECT_TRUE(survey->jails.empty());
  EXPECT_TRUE(survey->monitors.empty());
}

}  // namespace
}  // namespace jaild::host::sim
