#include "daemon/core/spec_diff.h"

#include <gtest/gtest.h>

namespace jaild::core {
namespace {

using Names = std::vector<std::string>;

JailSpec base() {
  JailSpec spec;
  spec.params["path"] = std::string("/jail/web");
  spec.params["host.hostname"] = std::string("web");
  spec.params["allow.raw_sockets"] = true;
  spec.command = "httpd";
  return spec;
}

TEST(SpecDiff, TheSameSpecHasNoDifference) {
  const auto diff = diff_specs(base(), base());
  EXPECT_FALSE(diff.live());
  EXPECT_TRUE(diff.restart.empty());
  EXPECT_TRUE(diff.at_once.empty());
}

TEST(SpecDiff, CreateOnlyParametersAndTheCommandWaitForARestartR12_4) {
  auto wanted = base();
  wanted.params["path"] = std::string("/jail/other");
  wanted.params["vnet"] = std::string("new");
  wanted.params["exec.start"] = Names{"/bin/sh /etc/rc"};
  wanted.command = "nginx";
  EXPECT_EQ(diff_specs(base(), wanted).restart, (Names{"exec.start", "path", "vnet", "command"}));
}

TEST(SpecDiff, ChangeableParametersRulesAndCpusetAreAppliedLive) {
  auto wanted = base();
  wanted.params["host.hostname"] = std::string("new");
  wanted.params.erase("allow.raw_sockets");
  wanted.rctl = {*RctlRule::parse("nthr:deny=5")};
  wanted.cpuset = *CpuList::parse("1");
  const auto diff = diff_specs(base(), wanted);
  EXPECT_TRUE(diff.rctl);
  EXPECT_TRUE(diff.cpuset);
  EXPECT_EQ(diff.params.at("host.hostname"), ParamValue{std::string("new")});
  EXPECT_EQ(diff.params.at("allow.raw_sockets"), ParamValue{false}) << "a parameter that is left out gets its default";
  EXPECT_TRUE(diff.restart.empty());
}

TEST(SpecDiff, HooksOfTheStopAndWhatOnlyJaildLooksAtHoldAtOnce) {
  auto wanted = base();
  wanted.params["exec.stop"] = Names{"/bin/sh /etc/rc.shutdown"};
  wanted.params["depend"] = Names{"db"};
  wanted.priority = 10;
  wanted.labels["tier"] = "web";
  auto running = base();
  const auto diff = diff_specs(running, wanted);
  EXPECT_EQ(diff.at_once, (Names{"depend", "exec.stop", "priority", "labels"}));
  EXPECT_FALSE(diff.live());
  take_at_once(running, wanted);
  EXPECT_EQ(running, wanted);
}

}  // namespace
}  // namespace jaild::core
