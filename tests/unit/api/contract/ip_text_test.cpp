#include "api/contract/ip_text.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <random>

#include <gtest/gtest.h>

namespace jaild {
namespace {

constexpr unsigned addresses_seed = 20260131;

TEST(IpText, TakesWhatInetPtonTakes) {
  const char* texts[] = {"0.0.0.0",
                         "255.255.255.255",
                         "1.2.3.4",
                         "1.2.3",
                         "1.2.3.4.5",
                         "256.1.1.1",
                         "01.2.3.4",
                         "1..2.3",
                         "a",
                         "",
                         "1.2.3.4 ",
                         "::",
                         "::1",
                         "1::",
                         "fe80::1",
                         "2001:db8::1:0:0:1",
                         "1:2:3:4:5:6:7:8",
                         "1:2:3:4:5:6:7",
                         "1:2:3:4:5:6:7:8:9",
                         "::1::",
                         "1:::2",
                         ":1",
                         "1:",
                         ":::",
                         "::ffff:1.2.3.4",
                         "::1.2.3.4",
                         "1.2.3.4::",
                         "::1.2.3.4:5",
                         "1:2:3:4:5:6:1.2.3.4",
                         "1:2:3:4:5:6:7:1.2.3.4",
                         "12345::",
                         "g::",
                         "FE80::ABCD",
                         "::1%lo0",
                         "1:2:3:4:5:6:7::",
                         "::2:3:4:5:6:7:8",
                         "0:0:0:0:0:0:0:0",
                         "::0x1"};
  for (const char* text : texts) {
    IpBytes bytes{};
    EXPECT_EQ(parse_ip(text, false).has_value(), inet_pton(AF_INET, text, bytes.data()) == 1) << text;
    EXPECT_EQ(parse_ip(text, true).has_value(), inet_pton(AF_INET6, text, bytes.data()) == 1) << text;
  }
}

TEST(IpText, HasOneSpellingForOneAddress) {  // RFC 5952, sections 2 and 4
  const std::pair<const char*, const char*> rows[] = {{"2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
                                                      {"2001:0db8::0001", "2001:db8::1"},
                                                      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
                                                      {"::FFFF:1.2.3.4", "::ffff:1.2.3.4"},
                                                      {"0:0:0:0:0:0:0:0", "::"},
                                                      {"0:0:0:0:0:0:0:1", "::1"},
                                                      {"1:0:0:0:0:0:0:0", "1::"},
                                                      {"1:0:0:2:0:0:0:3", "1:0:0:2::3"}};
  for (const auto& [text, canonical] : rows) {
    const auto bytes = parse_ip(text, true);
    ASSERT_TRUE(bytes) << text;
    EXPECT_EQ(ip_text(*bytes, true), canonical);
  }
  EXPECT_EQ(ip_text(*parse_ip("10.0.0.255", false), false), "10.0.0.255");
}

TEST(IpText, ReadsBackWhatItPrints) {  // R5.3
  std::mt19937 random(addresses_seed);
  for (int i = 0; i < 5000; ++i) {
    IpBytes bytes{};
    for (auto& byte : bytes) byte = random() % 3 == 0 ? static_cast<std::uint8_t>(random()) : 0;
    EXPECT_EQ(parse_ip(ip_text(bytes, true), true), bytes) << "addresses_seed " << addresses_seed << ", address " << i;
    IpBytes there{};
    ASSERT_EQ(inet_pton(AF_INET6, ip_text(bytes, true).c_str(), there.data()), 1);
    EXPECT_EQ(there, bytes);
  }
}

}  // namespace
}  // namespace jaild
