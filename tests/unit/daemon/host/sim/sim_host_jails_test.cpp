// Operations on jails and processes, and what a monitor does.
#include <cerrno>
#include <csignal>

#include "tests/unit/daemon/host/sim/sim_world.h"

namespace jaild::host::sim {
namespace {

TEST(SimHost, JailLivesFromCreateToRemove) {
  Machine machine;
  Daemon daemon(machine);
  const JailKey key = daemon.up("www");
  const Jail* jail = machine.kernel->find(key.jid);
  ASSERT_NE(jail, nullptr);
  EXPECT_TRUE(jail->persist) << "jaild keeps it while it works";
  EXPECT_TRUE(jail->pids.empty());
  EXPECT_TRUE(daemon.perform(Remove{key}));
  EXPECT_EQ(machine.kernel->find(key.jid), nullptr);
  EXPECT_TRUE(daemon.perform(Remove{key})) << "gone already is success";
  EXPECT_TRUE(daemon.perform(SetRules{key, {}}));
  EXPECT_TRUE(daemon.perform(CloseMonitor{key}));
  EXPECT_TRUE(machine.kernel->left_by_jaild({}).empty());
}

TEST(SimHost, SpecBecomesKernelParameters) {
  Machine machine;
  Daemon daemon(machine);
  JailSpec spec;
  spec.params = {{"path", std::string("/jail/www")},
                 {"ip4.addr", std::vector<std::string>{"em0|203.0.113.5/24 vhid 1"}},
                 {"allow.raw_sockets", true},
                 {"allow.mount.zfs", false},
                 {"allow.set_hostname", false},
                 {"persist", false},
                 {"exec.start", std::vector<std::string>{"true"}}};
  const JailKey key = daemon.up("www", spec);
  EXPECT_EQ(machine.param(key.jid, "ip4.addr"), ParamValue(std::vector<std::string>{"203.0.113.5"}));
  EXPECT_EQ(machine.param(key.jid, "allow.raw_sockets"), ParamValue(true));
  EXPECT_EQ(machine.param(key.jid, "allow.set_hostname"), ParamValue(false)) << "trap 1: cleared by its no-name";
  EXPECT_EQ(machine.param(key.jid, "persist"), ParamValue(true));
}

TEST(SimHost, CreateIsRefusedInTheKernelsWords) {
  Machine machine;
  Daemon daemon(machine);
  JailSpec spec;
  spec.params["path"] = std::string("/nowhere");
  const auto missing = daemon.perform(Create{{"www", 1, 0}, spec});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, Kind::missing);
  EXPECT_NE(missing.error().message.find("/nowhere"), std::string::npos);
  spec.params["path"] = std::string("/jail/www");
  ASSERT_TRUE(machine.hand.jail_c("www", "/"));
  const auto taken = daemon.perform(Create{{"www", 2, 0}, spec});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().os_errno, EEXIST);
}

TEST(SimHost, R9_3_CallsForAnotherJailAreDropped) {
  Machine machine;
  Daemon daemon(machine);
  const JailKey old = daemon.up("www");
  ASSERT_TRUE(machine.hand.jail_r("www"));
  machine.run_for(1s);
  const JailKey now = daemon.up("www");
  ASSERT_TRUE(daemon.perform(SetRules{now, {rule("maxproc:deny=5")}}));
  machine.kernel->observations.clear();
  EXPECT_TRUE(daemon.perform(Remove{old}));
  EXPECT_TRUE(daemon.perform(Remove{{"db", 9, now.jid}})) << "that jid has another name";
  EXPECT_TRUE(daemon.perform(SetRules{old, {}}));
  EXPECT_EQ(daemon.perform(SetRules{old, {rule("maxproc:deny=1")}}).error().kind, Kind::not_running);
  EXPECT_EQ(daemon.perform(SetCpuset{old, cpus("0")}).error().kind, Kind::not_running);
  EXPECT_EQ(daemon.perform(SetParams{old, {}}).error().kind, Kind::not_running);
  EXPECT_EQ(daemon.perform(core::Run{old, Daemon::command("true")}).error().kind, Kind::not_running);
  EXPECT_EQ(daemon.perform(StartMain{old, Daemon::command("true")}).error().kind, Kind::not_running);
  EXPECT_NE(machine.kernel->find_alive("www"), nullptr);
  EXPECT_EQ(machine.kernel->accounts().rules("www").size(), 1U);
  EXPECT_EQ(machine.kernel->observations.count(Finding::stale_call), 7U);
}

TEST(SimHost, CommandInAJailThatWasNeverMadeDoesNotRunOnTheHost) {
  Machine machine;
  Daemon daemon(machine);
  const JailKey key{"www", 1, 0};
  ASSERT_TRUE(daemon.perform(OpenMonitor{key}));
  EXPECT_FALSE(daemon.perform(core::Run{key, Daemon::command("true")}));
  EXPECT_FALSE(daemon.perform(StartMain{key, Daemon::command("true")}));
  EXPECT_TRUE(daemon.run(key, "true", false).ok());
}

TEST(SimHost, CommandsEndAsTheyDo) {
  Machine machine;
  machine.kernel->programs.set("crash", Program{.runs = Span{1s}, .signal = SIGSEGV});
  Daemon daemon(machine);
  const JailKey key = daemon.up("www");
  for (const bool in_jail : {false, true}) {
    EXPECT_TRUE(daemon.run(key, "true", in_jail).ok());
    EXPECT_EQ(daemon.run(key, "exit 7", in_jail).code, 7);
    const Moment before = machine.time->now();
    EXPECT_TRUE(daemon.run(key, "sleep 30", in_jail).ok());
    EXPECT_EQ(machine.time->now() - before, 30s);
    const CommandResult crashed = daemon.run(key, "crash", in_jail);
    EXPECT_FALSE(crashed.code);
    EXPECT_EQ(crashed.signal, SIGSEGV);
  }
}

TEST(SimHost, R2_1_CommandIsEndedAtItsTimeoutWithItsChildren) {
  Machine machine;
  machine.kernel->programs.set("deaf", Program{.runs = std::nullopt, .forks = 3, .ignores_term = true});
  Daemon daemon(machine);
  const JailKey key = daemon.up("www");
  Command command = Daemon::command("deaf");
  command.timeout = 10s;
  const Moment before = machine.time->now();
  machine.time->set_wall_clock(machine.time->wall_now() + 1h);
  const auto ended = daemon.perform(core::Run{key, command});
  ASSERT_TRUE(ended);
  EXPECT_TRUE(std::get<CommandResult>(*ended).timed_out);
  EXPECT_FALSE(std::get<CommandResult>(*ended).ok());
  EXPECT_LE(machine.time->now() - before, 14s) << "TERM, two seconds, KILL";
  machine.run_for(1s);
  EXPECT_EQ(machine.kernel->processes_below(key.jid), 0U);
}

TEST(SimHost, CommandThatNotEvenKillEndsIsGivenUp) {
  Machine machine;
  machine.kernel->programs.set("nfs", Program{.runs = std::nullopt, .stuck = true});
  Daemon daemon(machine);
  const JailKey key = daemon.up("www");
  Command command = Daemon::command("nfs");
  command.timeout = 10s;
  const auto ended = daemon.perform(core::Run{key, command});
  ASSERT_TRUE(ended);
  EXPECT_TRUE(std::get<CommandResult>(*ended).timed_out);
}

TEST(SimHost, CancelEndsTheRunningCommand) {
  Machine machine;
  Daemon daemon(machine);
  const JailKey key = daemon.up("www");
  EXPECT_TRUE(daemon.perform(core::Cancel{key})) << "none is success";
  const OpId running = daemon.submit(core::Run{key, Daemon::command("sleep 600")});
  EXPECT_TRUE(daemon.perform(core::Cancel{key}));
  machine.run_for(1s);
  const OpDone* done = daemon.find(running);
  ASSERT_NE(done, nullptr);
  ASSERT_TRUE(done->result);
  EXPECT_FALSE(std::get<CommandResult>(*done->result).ok());
  EXPECT_FALSE(std::get<CommandResult>(*done->result).timed_out);
}

TEST(SimHost, EmptinessIsToldBeforeTheCommandThatCausedIt) {
  Machine machine;
  Daemon daemon(machine);
  const JailKey key = daemon.up("www");
  const OpId running = daemon.submit(core::Run{key, Daemon::command("sleep 5")});
  while (daemon.find(running) == nullptr) {
    EXPECT_EQ(daemon.count<JailEmpty>(),
              machine.kernel->processes_below(key.jid) == 0 ? daemon.count<JailEmpty>() : 0U);
    ASSERT_TRUE(machine.time->step());
  }
  EXPECT_EQ(daemon.count<JailEmpty>(), 1U);
}

TEST(SimHost, MainCommandEndsWithItsCode) {
  struct Row {
    const char* line;
    std::optional<int> code;
    Span after;
  };
  for (const Row& row : {Row{"true", 0, 0s}, Row{"false", 1, 0s}, Row{"sleep 30", 0, 30s}, Row{"exit 9", 9, 0s}}) {
    Machine machine;
    Daemon daemon(machine);
    const JailKey key = daemon.up("www");
    const Moment before = machine.time->now();
    ASSERT_TRUE(daemon.perform(StartMain{key, Daemon::command(row.line)})) << "also when it ends at once";
    while (daemon.count<MainExited>() == 0 && machine.time->step()) {
    }
    ASSERT_EQ(daemon.count<MainExited>(), 1U) << row.line;
    EXPECT_EQ(machine.time->now() - before, row.after) << row.line;
    for (const Event& each : daemon.events) {
      const auto* exited = std::get_if<MainExited>(&each);
      if (exited == nullptr) continue;
      EXPECT_EQ(exited->key, key);
      EXPECT_EQ(exited->exit.code, row.code);
      EXPECT_EQ(exited->exit.at, machine.time->wall_now());
      EXPECT_FALSE(exited->exit.reason.empty());
    }
  }
}

TEST(SimHost, SecondMainCommandIsRefusedWhileTheFirstRuns) {
  Machine machine;
  Daemon daemon(machine);
  const JailKey key = daemon.up("www");
  ASSERT_TRUE(daemon.perform(StartMain{key, Daemon::command("httpd")}));
  EXPECT_FALSE(daemon.perform(StartMain{key, Daemon::command("httpd")}));
  EXPECT_EQ(machine.kernel->processes_below(key.jid), 1U);
}

TEST(SimHost, TerminateWaitsForTheLastAndSaysHowManyAreLeft) {
  Machine machine;
  machine.kernel->programs.set("deaf", Program{.runs = std::nullopt, .ignores_term = true});
  Daemon daemon(machine);
  const JailKey key = daemon.up("www");
  EXPECT_EQ(std::get<Terminated>(*daemon.perform(Terminate{key, 10s})).left, 0) << "none to begin with";
  ASSERT_TRUE(daemon.perform(StartMain{key, Daemon::command("httpd")}));
  const Moment before = machine.time->now();
  EXPECT_EQ(std::get<Terminated>(*daemon.perform(Terminate{key, 10s})).left, 0);
  EXPECT_LT(machine.time->now() - before, 1s);
  machine.start(key.jid, "deaf");
  EXPECT_EQ(std::get<Terminated>(*daemon.perform(Terminate{key, 10s})).left, 1);
  EXPECT_EQ(machine.kernel->processes_below(key.jid), 1U) << "TERM only";
}

TEST(SimHost, Trap39_TerminateLeavesChildJailsAlone) {
  Machine machine;
  Daemon daemon(machine);
  JailSpec spec;
  spec.params["children.max"] = std::int64_t{2};
  const JailKey key = daemon.up("a", spec);
  const JailKey child = daemon.up("a.b");
  ASSERT_TRUE(daemon.perform(StartMain{child, Daemon::command("httpd")}));
  EXPECT_EQ(std::get<Terminated>(*daemon.perform(Terminate{key, 10s})).left, 0);
  EXPECT_EQ(machine.kernel->processes_below(child.jid), 1U);
}

TEST(SimHost, RemoveWaitsUntilNoProcessIsLeftInChildJailsToo) {
  Machine machine;
  Daemon daemon(machine);
  JailSpec spec;
  spec.params["children.max"] = std::int64_t{2};
  const JailKey key = daemon.up("a", spec);
  const JailKey child = daemon.up("a.b");
  ASSERT_TRUE(daemon.perform(StartMain{child, Daemon::command("httpd")}));
  ASSERT_TRUE(daemon.perform(StartMain{key, Daemon::command("httpd")}));
  EXPECT_TRUE(daemon.perform(Remove{key}));
  EXPECT_TRUE(machine.kernel->jails().empty());
}

TEST(SimHost, RemoveGivesUpAfterTenSeconds) {
  Machine machine;
  machine.kernel->programs.set("nfs", Program{.runs = std::nullopt, .stuck = true});
  Daemon daemon(machine);
  const JailKey key = daemon.up("www");
  machine.start(key.jid, "nfs");
  const Moment before = machine.time->now();
  const auto removed = daemon.perform(Remove{key});
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().kind, Kind::timeout);
  EXPECT_EQ(machine.time->now() - before, 10s);
}

TEST(SimHost, Trap06_RemoveDoesNotWaitForADyingJail) {
  Machine machine;
  Daemon daemon(machine);
  const JailKey key = daemon.up("www");
  machine.kernel->set_lingering(key.jid, 60s);
  const Moment before = machine.time->now();
  EXPECT_TRUE(daemon.perform(Remove{key}));
  EXPECT_LT(machine.time->now() - before, 1s);
  EXPECT_TRUE(machine.kernel->find(key.jid)->dying);
}

TEST(SimHost, EventsTellWhatOthersDid) {
  Machine machine;
  Daemon daemon(machine);
  const JailKey key = daemon.up("www");
  ASSERT_TRUE(daemon.perform(SetParams{key, {{"securelevel", std::int64_t{1}}}}));
  machine.run_for(1s);
  EXPECT_TRUE(daemon.events.empty()) << "what jaild does is no news";
  ASSERT_TRUE(machine.hand.jail_c("foreign", "/"));
  ASSERT_TRUE(machine.hand.jail_m("www", {{"securelevel", std::int64_t{2}}}));
  machine.run_for(1s);
  EXPECT_EQ(daemon.count<JailChanged>(), 2U);
  ASSERT_TRUE(daemon.perform(StartMain{key, Daemon::command("httpd")}));
  ASSERT_TRUE(machine.hand.jail_r("www"));
  machine.run_for(1s);
  EXPECT_EQ(daemon.count<JailGone>(), 1U);
  EXPECT_EQ(daemon.count<MainExited>(), 1U);
}

TEST(SimHost, OwnRemovalIsNoNewsButThatOfAChildJailIs) {
  Machine machine;
  Daemon daemon(machine);
  JailSpec spec;
  spec.params["children.max"] = std::int64_t{2};
  const JailKey key = daemon.up("a", spec);
  daemon.up("a.b");
  ASSERT_TRUE(daemon.perform(Remove{key}));
  machine.run_for(1s);
  ASSERT_EQ(daemon.count<JailGone>(), 1U);
  EXPECT_EQ(std::get<JailGone>(daemon.events.front()).name, "a.b");
}

TEST(SimHost, R8_9_LimitHitIsToldForDevctlRules) {
  Machine machine;
  Daemon daemon(machine);
  JailSpec spec;
  spec.rctl = {rule("maxproc:devctl=2"), rule("maxproc:deny=4")};
  const JailKey key = daemon.up("www", spec);
  EXPECT_EQ(daemon.run(key, "fork 5").code, 1);
  EXPECT_EQ(machine.kernel->processes_below(key.jid), 3U);
  EXPECT_EQ(daemon.count<LimitHit>(), 3U) << "third and fourth process, and the refused fifth";
}

TEST(SimHost, R8_1_ForkIsRefusedByTheLimitOfMaxproc1) {
  Machine machine;
  Daemon daemon(machine);
  JailSpec spec;
  spec.rctl = {rule("maxproc:deny=1")};
  const JailKey key = daemon.up("www", spec);
  EXPECT_EQ(daemon.run(key, "fork 1").code, 1);
  EXPECT_TRUE(daemon.run(key, "true").ok());
}

}  // namespace
}  // namespace jaild::host::sim
