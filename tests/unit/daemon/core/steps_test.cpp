#include "daemon/core/steps.h"

#include <gtest/gtest.h>

namespace jaild::core {
namespace {

using std::chrono::seconds;

RunRecord full_run() {
  RunRecord run;
  run.key = {"web", 5, 0};
  auto& params = run.spec.params;
  params["path"] = std::string("/jail/web");
  for (const auto* hook : {"exec.prepare", "exec.prestart", "exec.created", "exec.start", "exec.poststart",
                           "exec.prestop", "exec.stop", "exec.poststop", "exec.release"}) {
    params[hook] = std::vector<std::string>{std::string("do ") + hook, ""};
  }
  params["command"] = std::vector<std::string>{"second start"};
  run.spec.command = "httpd -f";
  run.spec.rctl = {*RctlRule::parse("memoryuse:deny=2g")};
  run.spec.cpuset = *CpuList::parse("0-1");
  run.before_create = {{ResourceKind::alias, "em0|10.0.0.1", {}, false},
                       {ResourceKind::mount, "/jail/web/dev", {}, false}};
  run.after_create = {{ResourceKind::interface, "epair0b", {}, false}};
  return run;
}

std::vector<std::string> names(const std::vector<Step>& steps) {
  std::vector<std::string> result;
  for (const auto& step : steps) result.push_back(step.name);
  return result;
}

TEST(Steps, AStartFollowsJail8WithLimitsRightAfterJailSetP3) {
  EXPECT_EQ(names(start_steps(full_run(), {})),
            (std::vector<std::string>{"monitor", "release rctl", "exec.prepare", "alias", "mount", "exec.prestart",
                                      "create", "rctl", "cpuset", "exec.created", "rctl", "interface", "exec.start",
                                      "command", "command", "exec.poststart", "rctl"}));
}

// Rules of before the start go before its first hook or, where none runs before the jail is made, right after that.
TEST(Steps, WhatHooksSetIsNotRemovedByTheStart) {
  struct Row {
    const char* hook;
    std::vector<bool> others_stay;  // of each SetRules, in order
  };
  const Row rows[] = {{"exec.start", {false}},
                      {"exec.prepare", {false, true}},
                      {"exec.prestart", {false, true}},
                      {"exec.created", {false, true}},
                      {"exec.poststart", {false, true}}};
  for (const auto& row : rows) {
    RunRecord run;
    run.spec.params[row.hook] = std::vector<std::string>{"do it"};
    std::vector<bool> found;
    for (const auto& step : start_steps(run, {})) {
      if (const auto* rules = std::get_if<SetRules>(&step.what)) found.push_back(rules->others_stay);
    }
    EXPECT_EQ(found, row.others_stay) << row.hook;
  }
}

TEST(Steps, OfADenyOfHookAndSpecForTheSameLimitTheSpecsHolds) {
  RunRecord run;
  run.key.name = "web";
  run.hook_rules = {"jail:web:memoryuse:deny=1000", "jail:web:memoryuse:log=1000", "jail:web:maxproc:deny=5",
                    "jail:web:nthr:deny=5/user", "jail:web:of-tomorrow:deny=5"};
  run.spec.rctl = {*RctlRule::parse("memoryuse:deny=2000"), *RctlRule::parse("maxproc:deny=5"),
                   *RctlRule::parse("nthr:deny=6")};
  EXPECT_EQ(hook_rules_beside(run.spec, run),
            (std::vector<std::string>{"jail:web:memoryuse:log=1000", "jail:web:nthr:deny=5/user",
                                      "jail:web:of-tomorrow:deny=5"}));
  SpecDiff diff;
  diff.rctl = true;
  const auto steps = update_steps(run, diff, {});
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(std::get<SetRules>(steps[0].what).hook_rules, run.hook_rules) << "a rule taken out of the spec";
}

TEST(Steps, AStopFollowsJail8InReverseWithInterfacesBackBeforeRemovalR2_5) {
  EXPECT_EQ(names(stop_steps(full_run(), {}, {})),
            (std::vector<std::string>{"exec.prestop", "exec.stop", "terminate", "release interface", "remove",
                                      "exec.poststop", "release mount", "release alias", "release rctl", "exec.release",
                                      "end monitor"}));
}

TEST(Steps, AJailThatIsGoneGetsTheListFromPoststopOn) {
  StopPlan plan;
  plan.jail_exists = false;
  EXPECT_EQ(names(stop_steps(full_run(), plan, {})),
            (std::vector<std::string>{"release interface", "remove", "exec.poststop", "release mount", "release alias",
                                      "release rctl", "exec.release", "end monitor"}));
}

TEST(Steps, EveryStepOfAStartHasItsCounterpartInTheStopR2_3) {
  struct Row {
    Reached reached;
    std::vector<std::string> undo;
  };
  const Row rows[] = {
      {Reached::nothing, {"end monitor"}},
      {Reached::prepare, {"release rctl", "exec.release", "end monitor"}},
      {Reached::resources, {"release mount", "release alias", "release rctl", "exec.release", "end monitor"}},
      {Reached::prestart,
       {"exec.poststop", "release mount", "release alias", "release rctl", "exec.release", "end monitor"}},
      {Reached::created,
       {"terminate", "release interface", "remove", "exec.poststop", "release mount", "release alias", "release rctl",
        "exec.release", "end monitor"}},
  };
  for (const auto& row : rows) {
    StopPlan plan;
    plan.reached = row.reached;
    plan.stop_hooks = false;
    EXPECT_EQ(names(stop_steps(full_run(), plan, {})), row.undo) << static_cast<int>(row.reached);
  }
}

TEST(Steps, RulesAreSetEvenWhenThereAreNoneSoThatStaleOnesGoR8_3) {
  auto run = full_run();
  run.spec.rctl.clear();
  const auto steps = start_steps(run, {});
  EXPECT_EQ(names(steps)[7], "rctl");
}

TEST(Steps, TimeoutsComeFromTheSpecElseFromTheDaemon) {
  auto run = full_run();
  const auto timeout_of = [](const std::vector<Step>& steps, const std::string& name) {
    for (const auto& step : steps) {
      if (step.name != name) continue;
      if (const auto* command = std::get_if<core::Run>(&step.what)) return command->command.timeout;
      if (const auto* terminate = std::get_if<Terminate>(&step.what)) return terminate->timeout;
    }
    return std::chrono::milliseconds{-1};
  };
  EXPECT_EQ(timeout_of(start_steps(run, {}), "exec.start"), seconds{600});
  EXPECT_EQ(timeout_of(stop_steps(run, {}, {}), "exec.stop"), seconds{120});
  EXPECT_EQ(timeout_of(stop_steps(run, {}, {}), "terminate"), seconds{10});
  run.spec.params["exec.timeout"] = std::int64_t{7};
  run.spec.params["stop.timeout"] = std::int64_t{3};
  EXPECT_EQ(timeout_of(start_steps(run, {}), "exec.start"), seconds{7});
  EXPECT_EQ(timeout_of(stop_steps(run, {}, {}), "exec.stop"), seconds{7});
  EXPECT_EQ(timeout_of(stop_steps(run, {}, {}), "terminate"), seconds{3});
  run.spec.params["stop.timeout"] = std::int64_t{0};
  EXPECT_EQ(timeout_of(stop_steps(run, {}, {}), "terminate"), std::chrono::milliseconds{-1}) << "no TERM phase";
}

TEST(Steps, CommandsCarryUserAndEnvironmentSettings) {
  auto run = full_run();
  run.spec.params["exec.jail_user"] = std::string("www");
  run.spec.params["exec.system_user"] = std::string("ops");
  run.spec.params["exec.system_jail_user"] = true;
  run.spec.params["exec.clean"] = true;
  run.spec.params["exec.consolelog"] = std::string("/var/log/web");
  for (const auto& step : start_steps(run, {})) {
    const auto* command = std::get_if<core::Run>(&step.what);
    if (command == nullptr) continue;
    EXPECT_TRUE(command->command.clean);
    EXPECT_EQ(command->command.user, command->command.in_jail ? "www" : "ops");
    EXPECT_EQ(command->command.system_user, command->command.in_jail);
    EXPECT_EQ(command->command.console, command->command.in_jail ? "/var/log/web" : "");
  }
}

}  // namespace
}  // namespace jaild::core
