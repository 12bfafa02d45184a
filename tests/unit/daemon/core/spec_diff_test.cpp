#include "daemon/core/spec_diff.h"

#include <gtest/gtest.h>

#include <algorithm>

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

TEST(SpecDiff, AKeyOfMetaOrEnvThatIsLeftOutGoesAndIsNotLeftEmpty) {
  auto running = base();
  running.params["env.LANG"] = std::string("C");
  running.params["meta.owner"] = std::string("ops");
  auto wanted = base();
  wanted.params["meta.owner"] = std::string();
  const auto diff = diff_specs(running, wanted);
  EXPECT_EQ(diff.params.at("env.LANG"), ParamValue{Names{}});
  EXPECT_EQ(diff.params.at("meta.owner"), ParamValue{std::string()});
}

TEST(SpecDiff, AddressesWithoutAliasesAreAppliedLiveAndOthersWaitForARestart) {
  const auto with = [](const Names& addresses) {
    auto spec = base();
    spec.params["ip4.addr"] = addresses;
    return spec;
  };
  const auto live = diff_specs(with({"192.0.2.1"}), with({"192.0.2.1", "192.0.2.2"}));
  EXPECT_EQ(live.params.at("ip4.addr"), (ParamValue{Names{"192.0.2.1", "192.0.2.2"}}));
  EXPECT_TRUE(live.restart.empty());
  auto by_default_interface = with({"192.0.2.2"});
  by_default_interface.params["interface"] = std::string("em0");
  auto by_name = with({"192.0.2.2"});
  by_name.params["ip_hostname"] = true;
  for (const auto& wanted : {with({"em0|192.0.2.2"}), with({}), base(), by_default_interface, by_name}) {
    const auto diff = diff_specs(with({"192.0.2.1"}), wanted);
    EXPECT_FALSE(diff.params.contains("ip4.addr"));
    EXPECT_NE(std::ranges::find(diff.restart, "ip4.addr"), diff.restart.end());
  }
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

TEST(SpecDiff, WhatTheHostDoesNotChangeLiveWaitsForARestart) {
  auto wanted = base();
  wanted.params["host.hostname"] = std::string("new");
  wanted.params.erase("allow.raw_sockets");
  const auto diff = diff_specs(base(), wanted, [](const std::string& param) { return param == "host.hostname"; });
  EXPECT_EQ(diff.restart, Names{"allow.raw_sockets"});
  EXPECT_EQ(diff.params.size(), 1U);
  EXPECT_TRUE(diff.params.contains("host.hostname"));
}

}  // namespace
}  // namespace jaild::core
