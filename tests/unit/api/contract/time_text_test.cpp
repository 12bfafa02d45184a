#include <random>

#include <gtest/gtest.h>

#include "api/contract/json.h"

namespace jaild {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr unsigned seed = 3339;

TEST(Rfc3339, ShowsMillisecondsOnlyWhenThereAreSome) {
  EXPECT_EQ(rfc3339(WallTime(seconds(1769860800))), "2026-01-31T12:00:00Z");
  EXPECT_EQ(rfc3339(WallTime(seconds(1769860800)) + milliseconds(123)), "2026-01-31T12:00:00.123Z");
  EXPECT_EQ(rfc3339(WallTime(seconds(0)) + milliseconds(5)), "1970-01-01T00:00:00.005Z");
  EXPECT_EQ(rfc3339(WallTime(seconds(-1))), "1969-12-31T23:59:59Z");
}

TEST(Rfc3339, ReadsOffsetsAndFractions) {
  const WallTime noon{seconds(1769860800)};
  EXPECT_EQ(parse_rfc3339("2026-01-31T12:00:00Z"), noon);
  EXPECT_EQ(parse_rfc3339("2026-01-31t12:00:00z"), noon);
  EXPECT_EQ(parse_rfc3339("2026-01-31T14:30:00+02:30"), noon);
  EXPECT_EQ(parse_rfc3339("2026-01-31T07:00:00-05:00"), noon);
  EXPECT_EQ(parse_rfc3339("2026-01-31T12:00:00.5Z"), noon + milliseconds(500));
  EXPECT_EQ(parse_rfc3339("2026-01-31T12:00:00.123456789Z"), noon + milliseconds(123));
  EXPECT_EQ(parse_rfc3339("2016-12-31T23:59:60Z"), parse_rfc3339("2017-01-01T00:00:00Z"));
}

TEST(Rfc3339, RefusesAllElse) {
  for (const char* text : {"",
                           "2026",
                           "2026-01-31",
                           "2026-01-31T12:00:00",
                           "2026-01-31T12:00Z",
                           "2026-02-30T12:00:00Z",
                           "2026-13-01T12:00:00Z",
                           "2026-00-01T12:00:00Z",
                           "2026-01-31T24:00:00Z",
                           "2026-01-31T12:60:00Z",
                           "2026-01-31T12:00:61Z",
                           "2026-01-31T12:00:00.Z",
                           "2026-01-31T12:00:00.1234567890Z",
                           "2026-01-31T12:00:00+2:00",
                           "2026-01-31T12:00:00Zx",
                           "26-01-31T12:00:00Z",
                           "+026-01-31T12:00:00Z",
                           "9999-01-01T00:00:00Z",
                           "0000-01-01T00:00:00Z",
                           "2026-01-31T12:00:00+24:00",
                           " 2026-01-31T12:00:00Z"})
    EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
}

TEST(Rfc3339, ReadsBackWhatItPrints) {
  std::mt19937_64 random(seed);
  for (int i = 0; i < 5000; ++i) {
    const WallTime time{milliseconds(static_cast<std::int64_t>(random() % 7'000'000'000'000ULL))};
    EXPECT_EQ(parse_rfc3339(rfc3339(time)), time) << "seed " << seed << ": " << rfc3339(time);
  }
}

}  // namespace
}  // namespace jaild
