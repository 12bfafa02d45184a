#include "client/when.h"

#include <cstdlib>
#include <ctime>

#include <gtest/gtest.h>

namespace jaild::client {
namespace {

const WallTime now = *parse_rfc3339("2026-01-31T12:00:00Z");

std::string reading_of(std::string_view text) {
  const auto time = parse_when(text, now);
  return time ? rfc3339(*time) : "none";
}

TEST(When, WhatPeopleType) {
  ::setenv("TZ", "Etc/GMT-2", 1);  // two hours ahead of UTC; POSIX turns the sign
  ::tzset();
  const std::pair<const char*, const char*> rows[] = {{"2026-01-31T11:00:00Z", "2026-01-31T11:00:00Z"},
                                                      {"2026-01-31T11:00:00.25+01:00", "2026-01-31T10:00:00.250Z"},
                                                      {"2026-01-31T11:00:00", "2026-01-31T09:00:00Z"},
                                                      {"2026-01-31 11:00:30", "2026-01-31T09:00:30Z"},
                                                      {"2026-01-31 11:00", "2026-01-31T09:00:00Z"},
                                                      {"2026-01-31T11:00", "2026-01-31T09:00:00Z"},
                                                      {"2026-01-31", "2026-01-30T22:00:00Z"},
                                                      {"1769860800", "2026-01-31T12:00:00Z"},
                                                      {"90s", "2026-01-31T11:58:30Z"},
                                                      {"1h30m", "2026-01-31T10:30:00Z"},
                                                      {"30d", "2026-01-01T12:00:00Z"},
                                                      {"2w", "2026-01-17T12:00:00Z"},
                                                      {"0s", "2026-01-31T12:00:00Z"}};
  for (const auto& [text, expected] : rows) EXPECT_EQ(reading_of(text), expected) << text;
  ::unsetenv("TZ");
  ::tzset();
}

TEST(When, WhatIsNoTime) {
  for (const char* text :
       {"", "yesterday", "5", "h", "1h30", "-5m", "1.5h", "5 m", "2026-13-01", "2026-02-31", "2026-01-31T25:00",
        "2026-01-31x", "99999999999999999999s", "9223372036854775807w", "12345678901234"}) {
    EXPECT_EQ(reading_of(text), "none") << text;
  }
}

}  // namespace
}  // namespace jaild::client
