#include "daemon/monitor/options.h"

#include <gtest/gtest.h>

namespace jaild::monitor {
namespace {

std::vector<std::string> arguments(const std::string& name, const std::string& run, const std::string& run_dir) {
  return {"--name", name, "--run", run, "--run-dir", run_dir, "--log-dir", "/l", "--state-dir", "/s"};
}

TEST(Options, NameThePlacesOfTheProtocol) {
  const auto options = parse_options(arguments("www", "9223372036854775807", "/r"));
  ASSERT_TRUE(options);
  EXPECT_EQ(options->socket_path(), "/r/monitors/9223372036854775807.sock");
  EXPECT_EQ(options->jail_record_path(), "/r/jails/www.json");
  EXPECT_EQ(options->exit_record_path(), "/s/exits/9223372036854775807.json");
  EXPECT_EQ(options->log_path(), "/l/jails/www.log");
}

TEST(Options, TheLogRateIsAMebibyteASecondUnlessToldOtherwise) {
  auto words = arguments("www", "1", "/r");
  EXPECT_EQ(parse_options(words)->log_rate, 1024U * 1024);
  words.insert(words.end(), {"--log-rate", "4096"});
  EXPECT_EQ(parse_options(words)->log_rate, 4096U);
}

TEST(Options, WhatIsNotUsableIsRefused) {
  for (const char* name : {"", ".", "..", "a/b", "/a"}) EXPECT_FALSE(parse_options(arguments(name, "1", "/r"))) << name;
  for (const char* run : {"", "0", "-1", "1x", "9223372036854775808", "99999999999999999999"}) {
    EXPECT_FALSE(parse_options(arguments("www", run, "/r"))) << run;
  }
  EXPECT_FALSE(parse_options(arguments("www", "1", "relative")));
  EXPECT_FALSE(parse_options({}));
  EXPECT_FALSE(parse_options({"--name"}));
  for (const char* rate : {"", "0", "4095", "-1", "1M", "1073741825"}) {
    auto with_rate = arguments("www", "1", "/r");
    with_rate.insert(with_rate.end(), {"--log-rate", rate});
    EXPECT_FALSE(parse_options(with_rate)) << rate;
  }
  auto unknown = arguments("www", "1", "/r");
  unknown.insert(unknown.end(), {"--more", "x"});
  EXPECT_FALSE(parse_options(unknown));
}

}  // namespace
}  // namespace jaild::monitor
