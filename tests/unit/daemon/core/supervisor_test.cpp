#include "daemon/core/supervisor.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/daemon/core/world.h"

namespace jaild::core {
namespace {

using std::chrono::seconds;

bool contains(const std::vector<std::string>& log, const std::string& line) {
  return std::find(log.begin(), log.end(), line) != log.end();
}

template <class Kind>
auto fail_on() {
  return [](const Op& op) -> std::optional<Result<Reply>> {
    if (std::holds_alternative<Kind>(op.what)) return Fail(jaild::Kind::host_refused, "no such luck");
    return Reply{Nothing{}};
  };
}

TEST(Supervisor, ADeclaredJailIsStartedStepByStepAndIsRunning) {
  World world;
  ASSERT_TRUE(world.declare("web", service()));
  EXPECT_EQ(world.log,
            (std::vector<std::string>{"web resolve", "web open monitor", "web create", "web rules 0", "web main"}));
  const auto jail = world.supervisor.get("web");
  EXPECT_EQ(jail->status.state, JailState::running);
  EXPECT_TRUE(jail->status.ready);
  EXPECT_EQ(jail->status.jid, 1);
  EXPECT_EQ(jail->status.observed_generation, 1U);
  EXPECT_EQ(jail->status.steps.size(), 4U);
}

TEST(Supervisor, TheIntentOfAStartIsDurableBeforeItsFirstStepP5R3_1) {
  World world;
  bool recorded = false;
  world.store = [&](const Commit& commit) -> Result<void> {
    for (const auto& each : commit.mutations) recorded = recorded || std::holds_alternative<PutRun>(each);
    return {};
  };
  world.host = [&](const Op& op) -> std::optional<Result<Reply>> {
    EXPECT_TRUE(recorded || std::holds_alternative<Resolve>(op.what));
    return Reply{Nothing{}};
  };
  ASSERT_TRUE(world.declare("web", service()));
  EXPECT_EQ(world.state("web"), JailState::running);
}

TEST(Supervisor, AStartThatCannotBeRecordedDoesNotBeginAndIsTriedAgain) {
  World world;
  bool full = true;
  world.store = [&](const Commit& commit) -> Result<void> {
    const bool is_run = std::any_of(commit.mutations.begin(), commit.mutations.end(),
                                    [](const Mutation& each) { return std::holds_alternative<PutRun>(each); });
    if (full && is_run) return Fail(Kind::storage_full, "the disk is full");
    return {};
  };
  ASSERT_TRUE(world.declare("web", service()));
  EXPECT_EQ(world.log, std::vector<std::string>{"web resolve"});
  EXPECT_EQ(world.state("web"), JailState::blocked);
  EXPECT_EQ(world.reason("web"), "the start cannot be recorded: the disk is full");
  EXPECT_TRUE(world.supervisor.get("web")->status.next_try_at);
  full = false;
  world.pass(seconds{6});
  EXPECT_EQ(world.state("web"), JailState::running);
}

TEST(Supervisor, ARuleThatCannotBeSetStopsTheStartBeforeAnythingRunsAndIsNamedP3R8_2) {
  World world;
  world.host = [](const Op& op) -> std::optional<Result<Reply>> {
    const auto* rules = std::get_if<SetRules>(&op.what);
    if (rules != nullptr && !rules->rules.empty()) return Fail(Kind::host_refused, "nthr:deny=5: not supported");
    return Reply{Nothing{}};
  };
  auto spec = service();
  spec.rctl = {*RctlRule::parse("nthr:deny=5")};
  spec.params["exec.start"] = std::vector<std::string>{"/bin/sh /etc/rc"};
  ASSERT_TRUE(world.declare("web", spec));
  EXPECT_FALSE(contains(world.log, "web exec.start"));
  EXPECT_FALSE(contains(world.log, "web main"));
  EXPECT_TRUE(contains(world.log, "web remove"));
  EXPECT_EQ(world.state("web"), JailState::backoff);
  EXPECT_EQ(world.reason("web"), "rctl (nthr:deny=5): nthr:deny=5: not supported");
}

TEST(Supervisor, AFailedStartRunsPoststopAndReleaseWhereTheirCounterpartsHadBegunR2_3) {
  World world;
  world.host = fail_on<Create>();
  auto spec = service();
  for (const auto* hook :
       {"exec.prepare", "exec.prestart", "exec.prestop", "exec.stop", "exec.poststop", "exec.release"}) {
    spec.params[hook] = std::vector<std::string>{"x"};
  }
  ASSERT_TRUE(world.declare("web", spec));
  const std::vector<std::string> expected{
      "web resolve", "web open monitor",  "web rules 0", "web exec.prepare", "web exec.prestart", "web create",
      "web remove",  "web exec.poststop", "web rules 0", "web exec.release", "web close monitor"};
  EXPECT_EQ(world.log, expected);
}

TEST(Supervisor, MissingThingsBlockWithTheirNameAndAreTriedAgainR6_4) {
  World world;
  int polls = 0;
  world.host = [&](const Op& op) -> std::optional<Result<Reply>> {
    if (!std::holds_alternative<Resolve>(op.what)) return Reply{Nothing{}};
    Resolved resolved;
    if (++polls < 4) resolved.missing = {"bridge0 does not exist"};
    return Reply{resolved};
  };
  ASSERT_TRUE(world.declare("web", service()));
  EXPECT_EQ(world.state("web"), JailState::blocked);
  EXPECT_EQ(world.reason("web"), "bridge0 does not exist");
  world.pass(seconds{10});
  EXPECT_EQ(world.state("web"), JailState::running);
  EXPECT_EQ(polls, 4);
}

TEST(Supervisor, AnExitIsFollowedByTheWholeStopListAndARestartAfterTheDelay) {
  World world;
  auto spec = service();
  spec.params["exec.stop"] = std::vector<std::string>{"x"};
  ASSERT_TRUE(world.declare("web", spec));
  world.log.clear();
  const auto first = world.key("web");
  world.feed(Event{MainExited{first, exit_with(1)}});
  EXPECT_EQ(world.log, (std::vector<std::string>{"web exec.stop", "web terminate", "web remove", "web rules 0",
                                                 "web close monitor"}));
  EXPECT_EQ(world.state("web"), JailState::backoff);
  EXPECT_EQ(world.reason("web"), "command exited with 1");
  EXPECT_TRUE(world.supervisor.get("web")->status.next_try_at);
  world.pass(seconds{2});
  EXPECT_EQ(world.state("web"), JailState::running);
  EXPECT_GT(world.key("web").run, first.run);
  EXPECT_EQ(world.supervisor.get("web")->status.restarts, 1U);
  EXPECT_EQ(world.supervisor.get("web")->status.last_exit->code, 1);
}

TEST(Supervisor, AnExitWithZeroIsFinalAndCountsAsAgreedUnlessThePolicyIsAlways) {
  World world;
  ASSERT_TRUE(world.declare("job", service()));
  world.feed(Event{MainExited{world.key("job"), exit_with(0)}});
  EXPECT_EQ(world.state("job"), JailState::stopped);
  EXPECT_TRUE(world.supervisor.find("job")->settled());
  auto spec = service();
  spec.restart.policy = RestartPolicy::always;
  ASSERT_TRUE(world.declare("loop", spec));
  world.feed(Event{MainExited{world.key("loop"), exit_with(0)}});
  world.pass(seconds{2});
  EXPECT_EQ(world.state("loop"), JailState::running);
}

TEST(Supervisor, PolicyNeverLeavesAFailedJailFailedAndStartClearsIt) {
  World world;
  auto spec = service();
  spec.restart.policy = RestartPolicy::never;
  ASSERT_TRUE(world.declare("job", spec));
  world.feed(Event{MainExited{world.key("job"), exit_with(3)}});
  EXPECT_EQ(world.state("job"), JailState::failed);
  EXPECT_EQ(world.reason("job"), "command exited with 3");
  world.pass(seconds{1000});
  EXPECT_EQ(world.state("job"), JailState::failed);
  ASSERT_TRUE(world.ask(tests::start("job")));
  EXPECT_EQ(world.state("job"), JailState::running);
}

TEST(Supervisor, AnEventOfAnEarlierRunIsDroppedP2R9_3) {
  World world;
  ASSERT_TRUE(world.declare("web", service()));
  const auto old = world.key("web");
  ASSERT_TRUE(world.ask(tests::restart("web")));
  EXPECT_NE(world.key("web").run, old.run);
  world.log.clear();
  world.feed(Event{MainExited{old, exit_with(1)}});
  world.feed(Event{MonitorLost{old}});
  world.feed(Event{JailEmpty{old}});
  world.feed(Event{JailGone{"web", old.jid}});
  EXPECT_TRUE(world.log.empty());
  EXPECT_EQ(world.state("web"), JailState::running);
}

TEST(Supervisor, AJailThatIsGoneGetsTheListFromPoststopOnAndComesBackR3_3) {
  World world;
  auto spec = service();
  spec.params["exec.stop"] = std::vector<std::string>{"x"};
  spec.params["exec.poststop"] = std::vector<std::string>{"x"};
  ASSERT_TRUE(world.declare("web", spec));
  world.log.clear();
  world.feed(Event{JailGone{"web", world.key("web").jid}});
  EXPECT_EQ(world.log,
            (std::vector<std::string>{"web remove", "web exec.poststop", "web rules 0", "web close monitor"}));
  world.pass(seconds{2});
  EXPECT_EQ(world.state("web"), JailState::running);
}

TEST(Supervisor, TheSweepNoticesAJailWhoseEventWasLostR3_3) {
  World world;
  ASSERT_TRUE(world.declare("web", service()));
  world.pass(seconds{61});  // the survey is empty: the kernel has no such jail
  EXPECT_TRUE(contains(world.log, "web remove"));
}

TEST(Supervisor, WithoutCommandAJailIsUpWhileItHasProcessesOrPersists) {
  World world;
  auto spec = service();
  spec.command.reset();
  spec.params["exec.start"] = std::vector<std::string>{"/bin/sh /etc/rc"};
  ASSERT_TRUE(world.declare("web", spec));
  world.feed(Event{JailEmpty{world.key("web")}});
  EXPECT_EQ(world.state("web"), JailState::backoff) << "losing the last process is failure";
  spec.params["persist"] = true;
  ASSERT_TRUE(world.declare("box", spec));
  world.feed(Event{JailEmpty{world.key("box")}});
  EXPECT_EQ(world.state("box"), JailState::running);
}

TEST(Supervisor, StopDuringAHangingHookEndsTheHookAndUndoesTheStart) {
  World world;
  world.host = [](const Op& op) -> std::optional<Result<Reply>> {
    if (std::holds_alternative<core::Run>(op.what)) return std::nullopt;
    return Reply{Nothing{}};
  };
  auto spec = service();
  spec.params["exec.start"] = std::vector<std::string>{"sleep 1000"};
  ASSERT_TRUE(world.declare("web", spec));
  ASSERT_EQ(world.hanging(), 1U);
  ASSERT_TRUE(world.ask(tests::stop("web")));
  EXPECT_TRUE(contains(world.log, "web cancel"));
  world.release(Reply{CommandResult{std::nullopt, 15, false}});
  EXPECT_EQ(world.state("web"), JailState::stopped);
  EXPECT_TRUE(contains(world.log, "web remove"));
  EXPECT_FALSE(world.supervisor.find("web")->has_run());
}

TEST(Supervisor, AStopAlwaysEndsWhateverFailsInItR2_2) {
  World world;
  ASSERT_TRUE(world.declare("web", service()));
  world.host = [](const Op& op) -> std::optional<Result<Reply>> {
    if (std::holds_alternative<core::Run>(op.what)) return Reply{CommandResult{std::nullopt, 9, true}};
    if (std::holds_alternative<Terminate>(op.what)) return Fail(Kind::unavailable, "no monitor");
    return Reply{Nothing{}};
  };
  ASSERT_TRUE(world.ask(tests::stop("web")));
  EXPECT_EQ(world.state("web"), JailState::stopped);
}

TEST(Supervisor, WhatAStopCannotRemoveStaysInTheLedgerAndHoldsTheNextStartBack) {
  World world;
  bool busy = true;
  world.host = [&](const Op& op) -> std::optional<Result<Reply>> {
    if (std::holds_alternative<Resolve>(op.what)) {
      return Reply{Resolved{
          {{ResourceKind::mount, "/jail/dev", {}, false}, {ResourceKind::mount, "/jail/tmp", {}, false}}, {}, {}}};
    }
    const auto* release = std::get_if<Release>(&op.what);
    if (busy && release != nullptr && release->entry.id == "/jail/dev")
      return Fail(Kind::host_refused, "Device busy", 16);
    return Reply{Nothing{}};
  };
  ASSERT_TRUE(world.declare("web", service()));
  ASSERT_TRUE(world.ask(tests::stop("web")));
  ASSERT_TRUE(world.supervisor.find("web")->has_run());
  EXPECT_EQ(world.supervisor.find("web")->run()->before_create.size(), 1U);
  EXPECT_EQ(world.state("web"), JailState::stopped);
  EXPECT_NE(world.reason("web").find("release mount (/jail/dev): Device busy"), std::string::npos);
  ASSERT_TRUE(world.ask(tests::start("web")));
  EXPECT_NE(world.state("web"), JailState::running);
  busy = false;
  world.pass(seconds{40});
  EXPECT_EQ(world.state("web"), JailState::running);
}

// Of a jail whose start fails.
void expect_a_delay_of_40_seconds(World& world) {
  auto spec = service();
  spec.restart.delay = seconds{40};
  ASSERT_TRUE(world.declare("web", spec));
  world.pass(seconds{3});
  EXPECT_FALSE(world.supervisor.find("web")->has_run());
  EXPECT_EQ(world.state("web"), JailState::backoff);
  const auto steps = world.log.size();
  world.pass(seconds{30});
  EXPECT_EQ(world.log.size(), steps);
  world.pass(seconds{12});
  EXPECT_GT(world.log.size(), steps);
}

TEST(Supervisor, WhatAStopLeavesBehindDoesNotShortenTheDelayP8) {
  World world;
  world.host = [&, busy = true](const Op& op) mutable -> std::optional<Result<Reply>> {
    if (std::holds_alternative<Resolve>(op.what)) {
      return Reply{Resolved{{{ResourceKind::mount, "/jail/dev", {}, false}}, {}, {}}};
    }
    if (std::holds_alternative<Create>(op.what)) return Fail(Kind::host_refused, "no memory", 12);
    if (std::holds_alternative<Release>(op.what) && std::exchange(busy, false)) {
      return Fail(Kind::host_refused, "Device busy", 16);
    }
    return Reply{Nothing{}};
  };
  expect_a_delay_of_40_seconds(world);
}

TEST(Supervisor, AStoreThatRefusesToForgetARunDoesNotShortenTheDelayP8) {
  World world;
  world.host = [](const Op& op) -> std::optional<Result<Reply>> {
    if (std::holds_alternative<Create>(op.what)) return Fail(Kind::host_refused, "no memory", 12);
    return Reply{Nothing{}};
  };
  world.store = [full = true](const Commit& commit) mutable -> Result<void> {
    const bool forgets = std::any_of(commit.mutations.begin(), commit.mutations.end(),
                                     [](const auto& each) { return std::holds_alternative<EraseRun>(each); });
    if (forgets && std::exchange(full, false)) return Fail(Kind::storage_full, "the disk is full");
    return {};
  };
  expect_a_delay_of_40_seconds(world);
}

TEST(Supervisor, AJailThatIsAboutToBeForgottenIsNotStartedP2) {
  World world;
  world.host = [](const Op& op) -> std::optional<Result<Reply>> {
    if (std::holds_alternative<Create>(op.what)) return Fail(Kind::host_refused, "no memory", 12);
    return Reply{Nothing{}};
  };
  ASSERT_TRUE(world.declare("web", service()));
  ASSERT_EQ(world.state("web"), JailState::backoff);
  const auto steps = world.log.size();
  world.store = [&, slow = true](const Commit&) mutable -> Result<void> {
    if (!std::exchange(slow, false)) return {};
    world.now.mono += seconds{60};  // the delay ends while the deletion is on its way
    world.feed(Tick{});
    return {};
  };
  ASSERT_TRUE(world.ask(tests::erase("web")));
  EXPECT_EQ(world.log.size(), steps);
  EXPECT_EQ(world.supervisor.find("web"), nullptr);
}

TEST(Supervisor, DependantsStartAfterReadinessAndStopBeforeP9R6_3) {
  World world;
  ASSERT_TRUE(world.declare("db", service(), Desired::stopped));
  ASSERT_TRUE(world.declare("web", depending({"db"}), Desired::stopped));
  world.log.clear();
  ASSERT_TRUE(world.ask(tests::start("web")));
  EXPECT_EQ(world.state("web"), JailState::running);
  const auto at = [&](const std::string& line) { return std::find(world.log.begin(), world.log.end(), line); };
  EXPECT_LT(at("db main"), at("web resolve"));
  world.log.clear();
  ASSERT_TRUE(world.ask(tests::stop("db")));
  EXPECT_EQ(world.state("web"), JailState::stopped);
  EXPECT_EQ(world.state("db"), JailState::stopped);
  EXPECT_LT(at("web close monitor"), at("db terminate"));
}

TEST(Supervisor, AFailingJailHoldsBackItsDependantsOnlyR6_1) {
  World world;
  world.host = [](const Op& op) -> std::optional<Result<Reply>> {
    const auto* create = std::get_if<Create>(&op.what);
    if (create != nullptr && create->key.name == "db") return Fail(Kind::host_refused, "no");
    return Reply{Nothing{}};
  };
  ASSERT_TRUE(world.declare("db", service()));
  ASSERT_TRUE(world.declare("web", depending({"db"})));
  ASSERT_TRUE(world.declare("mail", service()));
  EXPECT_EQ(world.state("mail"), JailState::running);
  EXPECT_EQ(world.state("web"), JailState::blocked);
  EXPECT_EQ(world.reason("web"), "waits for db, which is backoff");
}

TEST(Supervisor, ADependencyThatCrashesDoesNotStopItsRunningDependants) {
  World world;
  ASSERT_TRUE(world.declare("db", service()));
  ASSERT_TRUE(world.declare("web", depending({"db"})));
  world.feed(Event{MainExited{world.key("db"), exit_with(1)}});
  EXPECT_EQ(world.state("db"), JailState::backoff);
  EXPECT_EQ(world.state("web"), JailState::running);
}

TEST(Supervisor, StartsAreBoundedAndTheFreeGoByPriorityP8) {
  World world({{}, 1, "boot1", 1});
  world.host = [](const Op& op) -> std::optional<Result<Reply>> {
    if (std::holds_alternative<StartMain>(op.what)) return std::nullopt;
    return Reply{Nothing{}};
  };
  for (const auto& [name, priority] : {std::pair{"first", 50}, {"late", 90}, {"soon", 10}}) {
    auto spec = service();
    spec.priority = priority;
    ASSERT_TRUE(world.declare(name, spec));
  }
  EXPECT_EQ(world.state("first"), JailState::starting);
  EXPECT_EQ(world.reason("late"), "waits for one of 1 start slots");
  world.release();
  EXPECT_EQ(world.state("soon"), JailState::starting);
  EXPECT_EQ(world.state("late"), JailState::blocked);
  world.release();
  EXPECT_EQ(world.state("late"), JailState::starting);
}

TEST(Supervisor, ARunningJailTakesChangesLiveAndListsWhatWaitsForARestart) {
  World world;
  ASSERT_TRUE(world.declare("web", service()));
  auto spec = service("nginx");
  spec.params["host.hostname"] = std::string("new");
  spec.rctl = {*RctlRule::parse("nthr:deny=5")};
  world.log.clear();
  ASSERT_TRUE(world.ask(tests::put("web", spec)));
  EXPECT_EQ(world.log, (std::vector<std::string>{"web rules 1", "web set host.hostname"}));
  auto status = world.supervisor.get("web")->status;
  EXPECT_EQ(status.state, JailState::running);
  EXPECT_EQ(status.pending, std::vector<std::string>{"command"});
  EXPECT_EQ(status.observed_generation, 1U);
  ASSERT_TRUE(world.ask(tests::restart("web")));
  status = world.supervisor.get("web")->status;
  EXPECT_EQ(status.observed_generation, 2U);
  EXPECT_TRUE(status.pending.empty());
}

TEST(Supervisor, ACpusetThatTheKernelCannotNarrowIsPendingWithTheReasonR8_6) {
  World world;
  ASSERT_TRUE(world.declare("web", service()));
  world.host = [](const Op& op) -> std::optional<Result<Reply>> {
    if (std::holds_alternative<SetCpuset>(op.what)) return Fail(Kind::conflict, "a process would have no CPU left", 11);
    return Reply{Nothing{}};
  };
  auto spec = service();
  spec.cpuset = *CpuList::parse("1");
  ASSERT_TRUE(world.ask(tests::put("web", spec)));
  EXPECT_EQ(world.supervisor.get("web")->status.pending, std::vector<std::string>{"cpuset"});
  EXPECT_EQ(world.reason("web"), "cpuset: a process would have no CPU left");
}

TEST(Supervisor, AMonitorThatDiesDuringAStopIsReplacedAndTheHooksAreRun) {
  World world;
  auto spec = service();
  for (const auto* hook : {"exec.stop", "exec.poststop"}) spec.params[hook] = std::vector<std::string>{"x"};
  ASSERT_TRUE(world.declare("web", spec));
  world.log.clear();
  int opened = 0;
  world.host = [&](const Op& op) -> std::optional<Result<Reply>> {
    if (std::holds_alternative<OpenMonitor>(op.what)) ++opened;
    const bool asks = std::holds_alternative<core::Run>(op.what) || std::holds_alternative<Terminate>(op.what);
    if (asks && opened == 0) return Fail(Kind::unavailable, "the jail's monitor is gone");
    return Reply{Nothing{}};
  };
  ASSERT_TRUE(world.ask(tests::stop("web")));
  EXPECT_EQ(world.log,
            (std::vector<std::string>{"web exec.stop", "web open monitor", "web exec.stop", "web terminate",
                                      "web remove", "web exec.poststop", "web rules 0", "web close monitor"}));
  EXPECT_EQ(world.state("web"), JailState::stopped);
}

TEST(Supervisor, AMonitorIsReplacedOnceAStopAndTheStopEnds) {
  World world;
  auto spec = service();
  spec.params["exec.stop"] = std::vector<std::string>{"x"};
  ASSERT_TRUE(world.declare("web", spec));
  world.log.clear();
  world.host = [](const Op& op) -> std::optional<Result<Reply>> {
    const bool asks = std::holds_alternative<core::Run>(op.what) || std::holds_alternative<Terminate>(op.what);
    if (asks) return Fail(Kind::unavailable, "the jail has no monitor");
    return Reply{Nothing{}};
  };
  ASSERT_TRUE(world.ask(tests::stop("web")));
  EXPECT_EQ(std::count(world.log.begin(), world.log.end(), "web open monitor"), 1);
  EXPECT_EQ(world.state("web"), JailState::stopped);
}

TEST(Supervisor, HostShutdownStopsInReverseOrderAndStartsNothingR6_6) {
  World world;
  ASSERT_TRUE(world.declare("db", service()));
  ASSERT_TRUE(world.declare("web", depending({"db"})));
  world.log.clear();
  world.feed(ShutdownRequested{});
  EXPECT_TRUE(world.supervisor.all_down());
  const auto at = [&](const std::string& line) { return std::find(world.log.begin(), world.log.end(), line); };
  EXPECT_LT(at("web close monitor"), at("db terminate"));
  ASSERT_TRUE(world.declare("late", service()));
  EXPECT_FALSE(contains(world.log, "late resolve"));
  EXPECT_EQ(world.supervisor.get("web")->desired, Desired::running) << "the wish outlives the shutdown";
}

// What the next jaild loads: "web", which is down, and the store's meta.
Snapshot left_by(const World& world) {
  Snapshot left;
  left.jails = {world.supervisor.find("web")->record()};
  for (const auto& each : world.durable) {
    if (const auto* meta = std::get_if<PutMeta>(&each)) left.meta[meta->key] = meta->value;
  }
  return left;
}

TEST(Supervisor, AJaildThatTakesOverDuringAShutdownStartsNothingUntilTheTimeForItIsOverR6_6) {
  World world;
  ASSERT_TRUE(world.declare("web", service()));
  world.feed(ShutdownRequested{seconds{75}});
  const Snapshot left = left_by(world);
  World next({{}, 4, "boot1", 1}, left, {});
  EXPECT_TRUE(next.log.empty());
  EXPECT_EQ(next.supervisor.get("web")->desired, Desired::running);
  next.pass(seconds{100});
  EXPECT_TRUE(next.log.empty());
  next.pass(seconds{60});
  EXPECT_EQ(next.state("web"), JailState::running) << "back from single user mode";

  World booted({{}, 4, "boot2", 1}, left, {});
  EXPECT_EQ(booted.state("web"), JailState::running) << "the wish holds after the boot";
}

TEST(Supervisor, NothingStartsBeforeTheBootIsOnTheDiskP8) {
  World world;
  ASSERT_TRUE(world.declare("web", service()));
  Supervisor booted({{}, 4, "boot2", 1});
  const auto performs = [](const std::vector<Action>& actions) {
    return std::ranges::any_of(actions, [](const auto& each) { return std::holds_alternative<Perform>(each); });
  };
  const auto first = booted.recover(left_by(world), {}, world.now);
  EXPECT_FALSE(performs(first));
  EXPECT_EQ(booted.get("web")->status.state, JailState::blocked);
  CommitId boot = 0;
  for (const auto& action : first) {
    if (const auto* commit = std::get_if<Commit>(&action)) boot = commit->id;
  }
  ASSERT_NE(boot, 0U);
  EXPECT_TRUE(performs(booted.on_input(Committed{boot, {}}, world.now)));
}

TEST(Supervisor, AShutdownThatIsHeardAgainDoesNotEndWithTheTimeOfTheFirstR6_6) {
  World world;
  ASSERT_TRUE(world.declare("web", service()));
  world.feed(ShutdownRequested{seconds{75}});
  const Snapshot left = left_by(world);
  World next({{}, 4, "boot1", 1}, left, {});
  next.feed(ShutdownRequested{seconds{75}});
  next.pass(seconds{600});
  EXPECT_TRUE(next.log.empty());
}

TEST(Supervisor, AHookWithoutATimeoutEndsInTimeWhileTheHostShutsDown) {
  World world;
  auto spec = service();
  spec.params["exec.timeout"] = std::int64_t{0};
  spec.params["exec.stop"] = std::vector<std::string>{"for ever"};
  spec.params["exec.poststop"] = std::vector<std::string>{"for ever too"};
  ASSERT_TRUE(world.declare("web", spec));
  std::vector<std::chrono::milliseconds> given;
  world.host = [&](const Op& op) -> std::optional<Result<Reply>> {
    const auto* run = std::get_if<core::Run>(&op.what);
    if (run == nullptr) return Reply{Nothing{}};
    given.push_back(run->command.timeout);
    if (run->command.phase == "exec.stop") return std::nullopt;
    return Reply{CommandResult{0, 0, false}};
  };
  ASSERT_TRUE(world.ask(tests::stop("web")));
  EXPECT_EQ(given.at(0), std::chrono::milliseconds{0});
  world.log.clear();
  world.feed(ShutdownRequested{seconds{75}});
  world.pass(seconds{119});
  EXPECT_FALSE(contains(world.log, "web cancel"));
  world.pass(seconds{2});
  EXPECT_TRUE(contains(world.log, "web cancel"));
  world.release(Reply{CommandResult{std::nullopt, 15, false}});
  EXPECT_EQ(given.at(1), seconds{120});
  EXPECT_TRUE(world.supervisor.all_down());
}

TEST(Supervisor, AShutdownOfTheHostResetsNoRestartDelayR9_1) {
  World world;
  auto spec = service();
  ASSERT_TRUE(world.declare("web", spec));
  world.feed(Event{MainExited{world.key("web"), exit_with(1)}});
  world.pass(seconds{2});
  ASSERT_EQ(world.state("web"), JailState::running);
  const auto delay = world.supervisor.find("web")->record().restart.last_delay;
  ASSERT_GT(delay, std::chrono::milliseconds{0});
  world.feed(ShutdownRequested{seconds{75}});
  EXPECT_EQ(world.supervisor.find("web")->record().restart.last_delay, delay);
}

// A jaild that takes over from one that was told of a shutdown starts nothing; somebody who asks for a start is there,
// so the host did not go down.
TEST(Supervisor, AnAskedStartEndsAShutdownThatAnEarlierJaildWasToldOf) {
  Snapshot snapshot;
  for (const char* name : {"db", "web"}) {
    JailRecord record;
    record.name = name;
    record.spec = service();
    snapshot.jails.push_back(std::move(record));
  }
  const Now began = World().now;
  const auto until = std::chrono::duration_cast<seconds>(began.wall.time_since_epoch()).count() + 135;
  snapshot.meta = {{"boot_id", "boot1"}, {"shutdown", "boot1 " + std::to_string(until)}};
  World world({{}, 4, "boot1", 1}, snapshot, {});
  EXPECT_EQ(world.reason("web"), "the host shuts down");
  ASSERT_TRUE(world.ask(tests::dry_run(tests::start("web"))));
  EXPECT_EQ(world.reason("web"), "the host shuts down");
  ASSERT_TRUE(world.ask(tests::start("web")));
  EXPECT_EQ(world.state("web"), JailState::running);
  EXPECT_EQ(world.state("db"), JailState::running) << "it stays up for all of them";
  const auto forgotten = std::ranges::find_if(world.durable, [](const Mutation& each) {
    const auto* meta = std::get_if<PutMeta>(&each);
    return meta != nullptr && meta->key == "shutdown" && meta->value.empty();
  });
  EXPECT_NE(forgotten, world.durable.end()) << "and the next jaild starts them, too";

  World own;
  ASSERT_TRUE(own.declare("web", service()));
  own.feed(ShutdownRequested{seconds{75}});
  ASSERT_TRUE(own.ask(tests::start("web")));
  EXPECT_EQ(own.state("web"), JailState::stopped) << "its own shutdown stands";
}

TEST(Supervisor, AnIdleSweepOverAnAgreedStateWritesNothingP7R9_7) {
  World world;
  ASSERT_TRUE(world.declare("web", service()));
  JailFacts facts;
  facts.jid = world.key("web").jid;
  facts.name = "web";
  world.survey.jails = {facts};
  world.survey.monitors = {{world.key("web"), true, std::nullopt}};
  world.log.clear();
  const auto commits = world.durable.size();
  world.pass(seconds{600});
  EXPECT_TRUE(world.log.empty());
  EXPECT_EQ(world.durable.size(), commits);
}

}  // namespace
}  // namespace jaild::core
