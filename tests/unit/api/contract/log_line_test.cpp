#include "api/contract/log_line.h"

#include <gtest/gtest.h>

#include "api/contract/json.h"

#include <nlohmann/json.hpp>

namespace jaild {

TEST(LogLine, IsReadAsItWasWritten) {
  const LogLine line{"2026-01-31T12:00:00.123Z", 17, "exec.start", LogStream::err, "two  blanks and a tab\t"};
  EXPECT_EQ(to_string(line), "2026-01-31T12:00:00.123Z 17 exec.start err two  blanks and a tab\t");
  EXPECT_EQ(parse_log_line(to_string(line)), line);
  const LogLine empty{"2026-01-31T12:00:00.123Z", 1, "command", LogStream::out, ""};
  EXPECT_EQ(parse_log_line(to_string(empty)), empty);
}

TEST(LogLine, OneThatGoesOnSaysSo) {
  const LogLine line{"2026-01-31T12:00:00.123Z", 17, "command", LogStream::err, "login: ", true};
  EXPECT_EQ(to_string(line), "2026-01-31T12:00:00.123Z 17 command err+ login: ");
  EXPECT_EQ(parse_log_line(to_string(line)), line);
  EXPECT_EQ(to_json(line)["partial"], true);
  EXPECT_FALSE(to_json(LogLine{}).contains("partial"));
}

TEST(LogLine, WhatIsNoneIsNotRead) {
  for (const char* text : {"", " ", "x", "2026-01-31T12:00:00.123Z", "2026-01-31T12:00:00.123Z 1 command",
                           "2026-01-31T12:00:00Z 1 command out text", "2026-01-31T12:00:00.123Z x command out text",
                           "2026-01-31T12:00:00.123Z 1 command both text", "2026-01-31T12:00:00.123Z 1 command + text",
                           "2026-01-31T12:00:00.123Z 1 command out++ text", "2026-01-31T12:00:00.123Z  1 command out x",
                           "2026-01-31T12:00:00.123Z -1 command out x"}) {
    EXPECT_FALSE(parse_log_line(text)) << text;
  }
}

TEST(LogLine, TimesAlwaysHaveMilliseconds) {
  EXPECT_EQ(log_time(*parse_rfc3339("2026-01-31T12:00:00Z")), "2026-01-31T12:00:00.000Z");
  EXPECT_EQ(log_time(*parse_rfc3339("2026-01-31T12:00:00.007Z")), "2026-01-31T12:00:00.007Z");
}

TEST(LogLine, IsAnObjectInJson) {
  const LogLine line{"2026-01-31T12:00:00.123Z", 17, "command", LogStream::out, "hi"};
  EXPECT_EQ(to_json(line),
            nlohmann::json::parse(
                R"({"at":"2026-01-31T12:00:00.123Z","start":17,"phase":"command","stream":"out","text":"hi"})"));
}

}  // namespace jaild
