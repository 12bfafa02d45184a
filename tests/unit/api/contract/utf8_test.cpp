#include "api/contract/utf8.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace jaild {
namespace {

TEST(Utf8, TellsTheFirstByteThatBelongsToNoCharacter) {
  for (const char* text : {"", "abc", "caf\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xef\xbf\xbd"}) {
    EXPECT_FALSE(ill_formed_at(text)) << text;
  }
  const std::pair<const char*, std::size_t> rows[] = {
      {"\xe9", 0},  {"ab\xe9", 2},           {"\xc3", 0},         {"\xc3\x28", 0},
      {"a\x80", 1}, {"\xc0\xaf", 0},         {"\xed\xa0\x80", 0}, {"\xe0\x80\xaf", 0},
      {"\xf5", 0},  {"\xf4\x90\x80\x80", 0}, {"\xf0\x9f\x98", 0}, {"\xe2\x82\xac\xff", 3}};
  for (const auto& [text, at] : rows) EXPECT_EQ(ill_formed_at(text), at) << text;
}

TEST(Utf8, TheProblemNamesByteAndPlace) {
  EXPECT_EQ(utf8_problem("/tmp/g\xe9"), "is not UTF-8: byte 7 is \\xe9");
  const nlohmann::json value{{"a", {"fine", "\xff"}}, {"b", {{"c\xfe", 1}}}};
  const auto problems = utf8_problems(value);
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_EQ(problems[0].pointer, "/a/1");
  EXPECT_EQ(problems[1].pointer, "/b/c\xfe");
}

}  // namespace
}  // namespace jaild
