#include "daemon/monitor/command_line.h"

#include <gtest/gtest.h>

namespace jaild::monitor {
namespace {

using Words = std::vector<std::string>;

TEST(CommandLine, IsSplitOnWhiteSpaceWithoutMetacharacters) {
  const auto line = parse_command_line("  /bin/sh \t/etc/rc\n");
  EXPECT_EQ(line.argv, (Words{"/bin/sh", "/etc/rc"}));
  EXPECT_FALSE(line.background);
}

TEST(CommandLine, EachMetacharacterOfJail8TakesTheShell) {
  for (const char c : std::string("!\"$&'()*;<>?[\\]`{|}~")) {
    const std::string text = std::string("echo ") + c + " x";
    EXPECT_EQ(parse_command_line(text).argv, (Words{"/bin/sh", "-c", text})) << c;
    EXPECT_FALSE(parse_command_line(text).background) << c;
  }
  for (const char c : std::string("#%+,-./:=@^_")) {
    EXPECT_EQ(parse_command_line(std::string("echo ") + c).argv.size(), 2U) << c;
  }
}

TEST(CommandLine, OnlyALoneTrailingAmpersandIsBackground) {
  const auto background = parse_command_line("sleep 10 &");
  EXPECT_TRUE(background.background);
  EXPECT_EQ(background.argv, (Words{"sleep", "10"}));
  EXPECT_TRUE(parse_command_line("sleep 10&").background);
  EXPECT_FALSE(parse_command_line("sleep 10 & ").background);
  EXPECT_FALSE(parse_command_line("sleep $N &").background);
  EXPECT_FALSE(parse_command_line("a & b &").background);
}

TEST(CommandLine, BlankIsNothingToRun) {
  for (const char* text : {"", " ", "\t\n", "&", "  &"}) EXPECT_TRUE(parse_command_line(text).argv.empty()) << text;
}

}  // namespace
}  // namespace jaild::monitor
