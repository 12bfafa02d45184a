#include <gtest/gtest.h>

#include "api/contract/param_table.h"

namespace jaild {
namespace {

TEST(Address, ReadsInterfaceMaskAndWords) {
  const auto entry = parse_address("em0|203.0.113.5/24 vhid 1  pass x", false);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->interface, "em0");
  EXPECT_EQ(entry->address, "203.0.113.5");
  EXPECT_EQ(entry->prefix_length, 24);
  EXPECT_TRUE(entry->has_mask);
  EXPECT_EQ(entry->words, (std::vector<std::string>{"vhid", "1", "pass", "x"}));
}

TEST(Address, HasFullLengthWithoutAMask) {
  const auto v4 = parse_address("10.0.0.1", false);
  ASSERT_TRUE(v4);
  EXPECT_EQ(v4->prefix_length, 32);
  EXPECT_FALSE(v4->has_mask);
  EXPECT_TRUE(v4->interface.empty());
  EXPECT_EQ(parse_address("lo1|2001:DB8:0::5", true)->prefix_length, 128);
  EXPECT_EQ(parse_address("lo1|2001:DB8:0::5", true)->address, "2001:db8::5");
}

TEST(Address, TakesANetmaskWithItsOnesInFront) {
  EXPECT_EQ(parse_address("10.0.0.1/255.255.254.0", false)->prefix_length, 23);
  EXPECT_EQ(parse_address("10.0.0.1/255.255.255.255", false)->prefix_length, 32);
  EXPECT_EQ(parse_address("10.0.0.1/0.0.0.0", false)->prefix_length, 0);
  EXPECT_FALSE(parse_address("10.0.0.1/255.0.255.0", false));
  EXPECT_FALSE(parse_address("10.0.0.1/0.0.0.255", false));
}

TEST(Address, RefusesAllElse) {
  for (const char* text : {"",
                           " ",
                           "|",
                           "em0|",
                           "|10.0.0.1",
                           "10.0.0.1/",
                           "10.0.0.1/33",
                           "10.0.0.1/-1",
                           "10.0.0.1/2x",
                           "10.0.0",
                           "10.0.0.300",
                           "host.example.org",
                           "10.0.0.1,10.0.0.2",
                           "em0|lo0|10.0.0.1",
                           "::1",
                           " 10.0.0.1",
                           "averyverylonginterface|10.0.0.1",
                           "em/0|10.0.0.1",
                           "10.0.0.1/24/24",
                           "10.0.0.1\t",
                           "0x0a000001"}) {
    const auto entry = parse_address(text, false);
    ASSERT_FALSE(entry) << text;
    EXPECT_EQ(entry.error().kind, Kind::invalid);
  }
  for (const char* text : {"10.0.0.1", "::1/129", "::1/ffff::", "fe80::1%em0", "2001:db8::g"}) {
    EXPECT_FALSE(parse_address(text, true)) << text;
  }
  std::string many = "10.0.0.1";
  for (int i = 0; i < 100; ++i) many += " x";
  EXPECT_FALSE(parse_address(many, false));
}

}  // namespace
}  // namespace jaild
