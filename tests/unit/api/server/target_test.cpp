#include "api/server/target.h"

#include <gtest/gtest.h>

namespace jaild::server {

using Segments = std::vector<std::string>;
using Query = std::vector<Parameter>;

TEST(ParseTarget, SplitsThenDecodesOnce) {
  const auto target = parse_target("/jails/a%2Db%2541?label=tier%3Dweb&x&y=1+2=3");
  ASSERT_TRUE(target) << target.error().message;
  EXPECT_EQ(target->segments, (Segments{"jails", "a-b%41"}));
  EXPECT_EQ(target->query, (Query{{"label", "tier=web"}, {"x", ""}, {"y", "1+2=3"}}));
}

TEST(ParseTarget, TakesTheAbsoluteFormThatProxiesSend) {
  EXPECT_EQ(parse_target("http://jaild.example:80/jails?limit=1")->segments, Segments{"jails"});
  EXPECT_EQ(parse_target("http://jaild.example")->segments, Segments{});
  EXPECT_EQ(parse_target("HTTP://jaild.example/jails")->segments, Segments{"jails"});
}

TEST(ParseTarget, RefusesWhatCouldBeReadInTwoWays) {
  for (const char* text : {"",
                           "jails",
                           "*",
                           "//",
                           "/jails/",
                           "/jails//start",
                           "/jails/.",
                           "/jails/../host",
                           "/jails/%2e%2E/host",
                           "/jails/%",
                           "/jails/%4",
                           "/jails/%zz",
                           "/jails/a%00b",
                           "/jails/a%0Ab",
                           "/jails/%7f",
                           "/jails/a%2Fb",
                           "/jails/a%2fstart",
                           "/jails/\x80",
                           "/jails/%C3%28",
                           "/jails/%C0%AF",        // a slash, overlong
                           "/jails/%E0%80%AF",     // and again
                           "/jails/%F0%80%80%AF",  // and again
                           "/jails/%ED%A0%80",     // a surrogate
                           "/jails/%F4%90%80%80",  // beyond U+10FFFF
                           "/jails/%F8%88%80%80%80",
                           "/jails/%E2%82",
                           "/jails#top",
                           "/jails?x=%0d",
                           "/jails?%f",
                           "https://host/jails",
                           "http://host?x=1",
                           "http:///jails",  // no host (RFC 9110, 4.2.1)
                           "http:/jails",
                           "HTTPS://host/jails"}) {
    const auto target = parse_target(text);
    ASSERT_FALSE(target) << text;
    EXPECT_EQ(target.error().kind, Kind::bad_request) << text;
  }
}

TEST(ParseTarget, TakesUtf8InAName) {
  EXPECT_EQ(parse_target("/jails/%C3%A9%E2%82%AC%F0%9F%90%A1%EF%BF%BF%F4%8F%BF%BF")->segments,
            (Segments{"jails", "\u00e9\u20ac\U0001F421\uffff\U0010ffff"}));
}

TEST(ParseTarget, HasABoundOnParameters) {
  std::string text = "/jails?";
  for (int i = 0; i < 32; ++i) text += "&x=1";
  EXPECT_TRUE(parse_target(text));
  EXPECT_FALSE(parse_target(text + "&x=1"));
}

TEST(QueryReader, ReadsWhatIsThere) {
  const Query query{{"dry_run", "true"}, {"wait", "600"}, {"after", "www"}};
  QueryReader reader(query);
  EXPECT_TRUE(reader.flag("dry_run"));
  EXPECT_FALSE(reader.flag("other"));
  EXPECT_EQ(reader.number("wait", 0, 600), 600U);
  EXPECT_EQ(reader.text("after"), "www");
  EXPECT_FALSE(reader.text("absent"));
  EXPECT_TRUE(reader.finish());
}

// P10: every mistake at once.
TEST(QueryReader, ReportsEveryMistakeAtOnce) {
  const Query query{{"dry_run", "yes"}, {"wait", "601"}, {"limit", "1"}, {"limit", "2"}, {"bogus", ""}, {"bogus", ""}};
  QueryReader reader(query);
  reader.flag("dry_run");
  reader.number("wait", 0, 600);
  reader.number("limit", 1, 1000);
  const auto good = reader.finish();
  ASSERT_FALSE(good);
  EXPECT_EQ(good.error().kind, Kind::invalid);
  ASSERT_EQ(good.error().fields.size(), 4U);
  EXPECT_EQ(good.error().fields[0].pointer, "");
  EXPECT_NE(good.error().fields[0].detail.find("dry_run"), std::string::npos);
  EXPECT_NE(good.error().fields[1].detail.find("wait"), std::string::npos);
  EXPECT_NE(good.error().fields[2].detail.find("limit"), std::string::npos);
  EXPECT_NE(good.error().fields[3].detail.find("bogus"), std::string::npos);
}

TEST(QueryReader, TakesWholeNumbersWithinTheirRangeOnly) {
  for (const char* text : {"", "-1", "+1", "1.0", " 1", "1s", "0x1", "601", "99999999999999999999999"}) {
    const Query query{{"wait", text}};
    QueryReader reader(query);
    EXPECT_FALSE(reader.number("wait", 0, 600)) << text;
    EXPECT_FALSE(reader.finish()) << text;
  }
}

}  // namespace jaild::server
