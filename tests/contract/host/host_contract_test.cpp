// What every host promises in daemon/host/host.h and daemon/core/operation.h. Commands are the three that `sim` models
// too.
#include <algorithm>
#include <cerrno>

#include "tests/contract/host/host_fixture.h"

namespace jaild::host {
namespace {

TEST_P(HostContract, ProfileSaysWhatTheHostIs) {
  const HostProfile& profile = host_->profile();
  EXPECT_EQ(profile.host, GetParam());
  EXPECT_FALSE(profile.os.empty());
  EXPECT_FALSE(profile.release.empty());
  EXPECT_FALSE(profile.boot_id.empty());
  EXPECT_GT(profile.memory_bytes, 0U);
  EXPECT_TRUE(profile.racct || !profile.racct_hint.empty());
}

TEST_P(HostContract, CreatedJailIsListedAndEmpty) {
  const TestJail jail = up("made");
  EXPECT_GT(jail.key.jid, 0);
  const auto seen = facts(jail.key.name);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->jid, jail.key.jid);
  EXPECT_EQ(seen->path, jail.spec.text("path"));
  EXPECT_TRUE(seen->empty);
  auto survey = host_->survey();
  ASSERT_TRUE(survey);
  ASSERT_EQ(survey->monitors.size(), 1U);
  EXPECT_EQ(survey->monitors.front().key.run, jail.key.run);
  EXPECT_FALSE(survey->monitors.front().main_started);
  EXPECT_FALSE(survey->mount_points.empty());
  down(jail);
  EXPECT_FALSE(facts(jail.key.name));
}

// The steps of a dry run are those of the start. On Linux a veth pair gets its name with the start.
TEST_P(HostContract, WhatIsPlannedIsWhatIsResolved) {
  const JailSpec wanted = spec();
  const auto planned = host_->planned(name("planned"), wanted);
  auto resolved = perform(Resolve{name("planned"), wanted});
  ASSERT_TRUE(resolved) << resolved.error().message;
  const auto ids = [](const std::vector<LedgerEntry>& entries) {
    std::vector<std::string> words;
    for (const LedgerEntry& each : entries) words.push_back(std::string(to_string(each.kind)) + " " + each.id);
    return words;
  };
  EXPECT_EQ(ids(planned.before_create), ids(std::get<Resolved>(*resolved).before_create));
  EXPECT_EQ(planned.after_create.size(), std::get<Resolved>(*resolved).after_create.size());
}

TEST_P(HostContract, CommandsReportHowTheyEnded) {
  const TestJail jail = up("codes");
  for (const bool in_jail : {false, true}) {
    EXPECT_TRUE(run(jail, "true", in_jail).ok());
    EXPECT_EQ(run(jail, "false", in_jail).code, 1);
  }
  down(jail);
}

TEST_P(HostContract, CommandIsEndedAtItsTimeout) {
  const TestJail jail = up("slow");
  Command slow = command("sleep 600", true);
  slow.timeout = std::chrono::milliseconds(200);
  auto result = perform(core::Run{jail.key, slow});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_TRUE(std::get<CommandResult>(*result).timed_out);
  EXPECT_FALSE(std::get<CommandResult>(*result).ok());
  down(jail);
}

TEST_P(HostContract, CancelEndsTheCommandThatRuns) {
  const TestJail jail = up("cancel");
  const OpId running = submit(core::Run{jail.key, command("sleep 600", true)});
  ASSERT_TRUE(perform(core::Cancel{jail.key}));
  auto result = heard_->done(running);
  ASSERT_TRUE(result);
  if (*result) {
    EXPECT_FALSE(std::get<CommandResult>(**result).ok());
  }
  EXPECT_TRUE(perform(core::Cancel{jail.key})) << "nothing to cancel is success";
  down(jail);
}

TEST_P(HostContract, EndOfMainCommandIsToldWithItsCode) {
  const TestJail jail = up("main");
  ASSERT_TRUE(perform(StartMain{jail.key, command("sleep 1", true)}));
  const auto seen = facts(jail.key.name);
  ASSERT_TRUE(seen);
  EXPECT_FALSE(seen->empty);
  const auto exited = heard_->event<MainExited>(jail.key.name);
  ASSERT_TRUE(exited);
  EXPECT_EQ(exited->key.run, jail.key.run);
  EXPECT_EQ(exited->exit.code, 0);
  EXPECT_TRUE(heard_->event<JailEmpty>(jail.key.name));
  down(jail);
}

TEST_P(HostContract, TerminateEndsWhatHeedsTheSignal) {
  const TestJail jail = up("term");
  ASSERT_TRUE(perform(StartMain{jail.key, command("sleep 600", true)}));
  auto result = perform(Terminate{jail.key, std::chrono::seconds(20)});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(std::get<Terminated>(*result).left, 0);
  EXPECT_TRUE(heard_->event<MainExited>(jail.key.name));
  down(jail);
}

TEST_P(HostContract, RemoveWaitsForTheProcesses) {
  const TestJail jail = up("remove");
  ASSERT_TRUE(perform(StartMain{jail.key, command("sleep 600", true)}));
  ASSERT_TRUE(perform(Remove{jail.key}));
  auto left = host_->processes(jail.key);
  EXPECT_TRUE(!left || left->empty());
  EXPECT_FALSE(facts(jail.key.name));
  EXPECT_TRUE(perform(Remove{jail.key})) << "gone already is success";
  down(jail);
}

TEST_P(HostContract, RemoveOfAnotherJailsJidTouchesNothing) {
  const TestJail jail = up("kept");
  EXPECT_TRUE(perform(Remove{JailKey{name("other"), jail.key.run + 1'000'000, jail.key.jid}}));
  EXPECT_TRUE(facts(jail.key.name));
  down(jail);
}

TEST_P(HostContract, AcquireAndReleaseMayBeRepeated) {
  const TestJail jail = up("twice");
  for (const LedgerEntry& entry : jail.before) EXPECT_TRUE(perform(Acquire{jail.key, entry})) << entry.id;
  down(jail);
  for (const LedgerEntry& entry : jail.before) EXPECT_TRUE(perform(Release{jail.key, entry, true})) << entry.id;
  EXPECT_TRUE(perform(CloseMonitor{jail.key})) << "gone already is success";
}

TEST_P(HostContract, RulesAreExactlyThoseAskedFor) {
  if (!host_->profile().racct) GTEST_SKIP() << host_->profile().racct_hint;
  const TestJail jail = up("rules");
  const auto in_force = [&] {
    auto texts = facts(jail.key.name).value_or(JailFacts{}).rules;
    std::sort(texts.begin(), texts.end());
    return texts;
  };
  for (const auto& wanted :
       {rules({"memoryuse:deny=256m", "pcpu:deny=150"}), rules({"memoryuse:deny=512m"}),
        rules({"memoryuse:deny=128m", "maxproc:deny=20", "openfiles:deny=100/process"}), rules({})}) {
    auto set = perform(SetRules{jail.key, wanted});
    ASSERT_TRUE(set) << set.error().message;
    std::vector<std::string> texts;
    for (const RctlRule& rule : wanted) texts.push_back(rule.kernel_text(jail.key.name));
    std::sort(texts.begin(), texts.end());
    EXPECT_EQ(in_force(), texts);
  }
  down(jail);
  EXPECT_TRUE(perform(SetRules{jail.key, {}})) << "none for a jail that is gone is success";
}

TEST_P(HostContract, CpusetHoldsAndMayBeWidenedAgain) {
  const TestJail jail = up("cpus");
  const CpuList one = *CpuList::parse(std::to_string(host_->profile().cpus.ids().front()));
  ASSERT_TRUE(perform(SetCpuset{jail.key, one}));
  EXPECT_EQ(facts(jail.key.name).value_or(JailFacts{}).cpus, one);
  EXPECT_TRUE(perform(SetCpuset{jail.key, std::nullopt}));
  auto beyond = perform(SetCpuset{jail.key, *CpuList::parse("1000")});
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().os_errno, EINVAL) << beyond.error().message;
  down(jail);
}

TEST_P(HostContract, UsageAndProcessesCountTheJailAndNotItsMonitor) {
  const TestJail jail = up("usage");
  ASSERT_TRUE(perform(StartMain{jail.key, command("sleep 600", true)}));
  const JailKey unknown{name("unknown"), jail.key.run + 1'000'000, 0};
  auto usage = host_->usage({jail.key, unknown});
  ASSERT_TRUE(usage);
  ASSERT_EQ(usage->size(), 1U) << "a jail that is not there is left out";
  if (host_->profile().racct) {
    EXPECT_EQ(usage->at(jail.key.name).resources[Resource::maxproc], 1U);
  }
  auto processes = host_->processes(jail.key);
  ASSERT_TRUE(processes);
  ASSERT_EQ(processes->size(), 1U);
  EXPECT_NE(processes->front().command.find("sleep"), std::string::npos);
  down(jail);
}

TEST_P(HostContract, CommandsOfDifferentJailsRunSideBySide) {
  const TestJail first = up("first");
  const TestJail second = up("second");
  const OpId waiting = submit(core::Run{first.key, command("sleep 600", true)});
  EXPECT_TRUE(run(second, "true").ok());
  EXPECT_EQ(heard_->times(waiting), 0);
  ASSERT_TRUE(perform(core::Cancel{first.key}));
  EXPECT_TRUE(heard_->done(waiting));
  down(first);
  down(second);
}

TEST_P(HostContract, RunWithoutMonitorIsRefused) {
  auto result = perform(core::Run{JailKey{name("none"), 1, 0}, command("true", false)});
  EXPECT_FALSE(result);
}

TEST_P(HostContract, NothingIsToldAfterStop) {
  const TestJail jail = up("quiet");
  const OpId running = submit(core::Run{jail.key, command("sleep 2", true)});
  host_->stop();
  EXPECT_EQ(heard_->times(running), 0);
  if (real()) {
    start_host();
    down(jail);
  } else {
    host_.reset();  // a simulated machine ends with its host
  }
}

// Which hosts there are is what the factory was built with.
std::vector<std::string> hosts() {
  std::vector<std::string> names;
#if defined(JAILD_HOST_SIM)
  names.emplace_back("sim");
#endif
#if defined(JAILD_HOST_LINUX)
  names.emplace_back("linux");
#endif
#if defined(JAILD_HOST_FREEBSD)
  names.emplace_back("freebsd");
#endif
  return names;
}

INSTANTIATE_TEST_SUITE_P(Hosts, HostContract, testing::ValuesIn(hosts()), [](const auto& test) { return test.param; });

}  // namespace
}  // namespace jaild::host
