#include "api/jailconf/escapes.h"

#include <random>

#include <gtest/gtest.h>

#include "api/jailconf/configuration.h"
#include "tests/fakes/memory_files.h"

namespace jaild::jailconf {
namespace {

TEST(Escapes, AreReadAsJail8ReadsThem) {
  const auto text = [](std::string_view raw) { return unescape(raw).text; };
  EXPECT_EQ(text(R"(a\tb\\c\"d\$e)"), "a\tb\\c\"d$e");
  EXPECT_EQ(text(R"(\101\1012\x41\x412\xg)"), "AA2AA2");
  EXPECT_EQ(text("\\777"), "\xff");
  EXPECT_EQ(text("a\\\nb"), "ab");
  EXPECT_EQ(text("end\\"), "end");
  EXPECT_TRUE(unescape(R"(a\0b)").cut_at_nul);
  EXPECT_EQ(text(R"(a\0b)"), "a");
}

TEST(Escapes, LengthsIncludeTheBackslash) {
  EXPECT_EQ(escape_length("\\n1"), 2U);
  EXPECT_EQ(escape_length("\\1234"), 4U);
  EXPECT_EQ(escape_length("\\x1g"), 3U);
  EXPECT_EQ(escape_length("\\xfff"), 4U);
  EXPECT_EQ(escape_length("\\x"), 2U);
  EXPECT_EQ(escape_length("\\"), 1U);
}

// Whatever the value, quoting it and reading it gives it back.
TEST(Escapes, AnyValueSurvivesQuoting) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string value;
    for (unsigned i = random() % 12; i > 0; --i) {
      value += random() % 2 == 0 ? "$\"'\\{};,#/*\n\t+="[random() % 15] : static_cast<char>(1 + random() % 255);
    }
    test::MemoryFiles files({{"/c", "a { p = " + quote_value(value) + "; }"}});
    const Configuration configuration = read_configuration("/c", files);
    ASSERT_TRUE(configuration.ok()) << quote_value(value);
    ASSERT_EQ(configuration.jails.at(0).find("p")->values.at(0), value) << quote_value(value);
  }
}

}  // namespace
}  // namespace jaild::jailconf
