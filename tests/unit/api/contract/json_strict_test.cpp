#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/contract/json.h"

namespace jaild {
namespace {

using nlohmann::json;

std::string nested(std::size_t depth, char open, char close) {
  return std::string(depth, open) + std::string(depth, close);
}

TEST(ParseJson, ReadsWhatTheLibraryReads) {
  for (const char* text :
       {"{}", "[]", "null", "true", "0", "-7", "1.5", "1e3", "18446744073709551615", "\"a\\u00e4\\n\"",
        " {\"a\":[1,{\"b\":null},\"c\"],\"d\":{\"a\":1}} \n", "[[],[],{}]", "{\"\":{\"\":1}}"}) {
    const auto value = parse_json(text);
    ASSERT_TRUE(value) << text << ": " << value.error().message;
    EXPECT_EQ(*value, json::parse(text));
  }
}

TEST(ParseJson, RefusesBrokenTextWithItsPlace) {
  for (const char* text : {"",
                           " ",
                           "{",
                           "}",
                           "[1,]",
                           "{\"a\":1,}",
                           "{a:1}",
                           "{'a':1}",
                           "nul",
                           "01",
                           "+1",
                           "1.",
                           "\"",
                           "\"\n\"",
                           "{} {}",
                           "[1] x",
                           "// c\n1",
                           "\"\xff\"",
                           "\"\xc3\"",
                           "\"\xed\xa0\x80\"",
                           "\"\\ud800\"",
                           "1e999",
                           "NaN",
                           "Infinity",
                           "\"\\x\"",
                           "{\"a\" 1}",
                           "[1 2]"}) {
    const auto value = parse_json(text);
    ASSERT_FALSE(value) << text;
    EXPECT_EQ(value.error().kind, Kind::bad_json) << text;
    EXPECT_FALSE(value.error().message.empty());
    EXPECT_EQ(value.error().message.find("json.exception"), std::string::npos) << value.error().message;
    EXPECT_NO_THROW(to_text(problem(value.error())));
  }
  EXPECT_EQ(parse_json("{\"a\":x}").error().message.substr(0, 7), "byte 6:");
  EXPECT_FALSE(parse_json(std::string_view("1\0", 2)));
}

TEST(ParseJson, RefusesAKeyGivenTwiceAndNamesIt) {
  const auto value = parse_json(R"({"spec":{"params":[{},{"a/b":1,"c":2,"a/b":3}]}})");
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().kind, Kind::bad_json);
  ASSERT_EQ(value.error().fields.size(), 1U);
  EXPECT_EQ(value.error().fields[0].pointer, "/spec/params/1/a~1b");
  EXPECT_NE(value.error().message.find("\"a/b\""), std::string::npos);
  EXPECT_NE(value.error().message.find("byte 42"), std::string::npos) << value.error().message;
  EXPECT_FALSE(parse_json(R"({"a":{},"a":null})"));
  EXPECT_FALSE(parse_json(R"({"a":1,"\u0061":2})"));
  EXPECT_TRUE(parse_json(R"([{"a":1},{"a":1}])"));
}

TEST(ParseJson, RepeatsNothingLong) {
  const std::string digits(1'000'000, '9');
  EXPECT_EQ(parse_json("{\"a\":" + digits + "}").error().message, "byte 1000005: the number is too large");
  EXPECT_EQ(parse_json("[1e400]").error().message, "byte 6: the number is too large");
  const std::string key = '"' + std::string(500'000, 'k') + '"';
  for (const std::string& text :
       {'"' + digits + "\n\"", "[" + digits + "x]", '"' + digits, "{" + key + ":1," + key + ":2}",
        "{" + key + ":{\"a\":1,\"a\":2}}", "-" + digits + "e"}) {
    const auto value = parse_json(text);
    ASSERT_FALSE(value);
    EXPECT_LT(to_text(problem(value.error())).size(), 1500U);
  }
}

TEST(ParseJson, BoundsTheDepth) {
  EXPECT_TRUE(parse_json(nested(32, '[', ']')));
  EXPECT_FALSE(parse_json(nested(33, '[', ']')));
  const auto deep = parse_json(nested(1'000'000, '[', ']'));
  ASSERT_FALSE(deep);
  EXPECT_EQ(deep.error().kind, Kind::bad_json);
  std::string objects;
  for (int i = 0; i < 33; ++i) objects += "{\"a\":";
  EXPECT_FALSE(parse_json(objects + "1" + std::string(33, '}')));
}

TEST(ToText, ReplacesInvalidUtf8) {
  EXPECT_EQ(to_text(json{{"a", "\xff"}}), "{\"a\":\"\xef\xbf\xbd\"}");
  EXPECT_EQ(to_text(json{{"b", 1}, {"a", "\n"}}), R"({"a":"\n","b":1})");
}

}  // namespace
}  // namespace jaild
