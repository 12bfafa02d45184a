#include "daemon/host/linux/network.h"

#include <gtest/gtest.h>

namespace jaild::host {
namespace {

JailSpec with(const std::map<std::string, ParamValue>& params) {
  JailSpec spec;
  spec.params = params;
  return spec;
}

TEST(Network, StackFollowsTheParameters) {
  EXPECT_EQ(network_stack(with({})), NetworkStack::none) << "ip4 and ip6 are disabled by default";
  EXPECT_EQ(network_stack(with({{"vnet", std::string("new")}})), NetworkStack::own);
  EXPECT_EQ(network_stack(with({{"ip4", std::string("inherit")}})), NetworkStack::host);
  EXPECT_EQ(network_stack(with({{"vnet", std::string("new")}, {"ip4", std::string("inherit")}})), NetworkStack::own);
  EXPECT_EQ(network_stack(with({{"ip4.addr", std::vector<std::string>{"br0|10.0.0.2/24"}}})), NetworkStack::own);
}

TEST(Network, NothingIsPlannedForAJailWithoutInterfaces) {
  auto plan = plan_network(with({{"ip4", std::string("inherit")}}));
  ASSERT_TRUE(plan);
  EXPECT_TRUE(plan->interfaces.empty());
  EXPECT_TRUE(plan->missing.empty());
}

TEST(Network, InterfacesAreNamedWithoutALookAtTheHost) {
  const auto entries = named_interfaces(with({{"ip4.addr", std::vector<std::string>{"br0|10.0.0.2/24", "br1|10.1.0.2"}},
                                              {"ip6.addr", std::vector<std::string>{"br0|fd00::2/64"}},
                                              {"vnet.interface", std::vector<std::string>{"veth7"}}}));
  std::vector<std::string> ids;
  for (const core::LedgerEntry& each : entries) ids.push_back(each.id);
  EXPECT_EQ(ids, (std::vector<std::string>{"br0|10.0.0.2/24 fd00::2/64", "br1|10.1.0.2/32", "veth7"}));
}

TEST(Network, WhatIsNotThereIsNamed) {
  auto plan = plan_network(with({{"ip4.addr", std::vector<std::string>{"jdnobr|10.0.0.2/24", "lo|10.0.0.3/24"}}}));
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->missing, (std::vector<std::string>{"bridge jdnobr does not exist", "interface lo is not a bridge"}));
}

}  // namespace
}  // namespace jaild::host
