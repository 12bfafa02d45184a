#include "api/contract/mistakes.h"

#include <gtest/gtest.h>

namespace jaild {
namespace {

TEST(Pointer, EscapesAsRfc6901Says) {
  EXPECT_EQ(pointer_to("", "spec"), "/spec");
  EXPECT_EQ(pointer_to("/spec/params", "a/b~c"), "/spec/params/a~1b~0c");
  EXPECT_EQ(pointer_to("/a", ""), "/a/");
  EXPECT_EQ(pointer_to("/a", std::size_t{10}), "/a/10");
}

TEST(InQuotes, BoundsAndCleans) {
  EXPECT_EQ(in_quotes("a\nb"), "\"a?b\"");
  EXPECT_EQ(in_quotes(std::string(64, 'x')), '"' + std::string(64, 'x') + '"');
  EXPECT_EQ(in_quotes(std::string(65, 'x')), '"' + std::string(64, 'x') + "...\"");
  EXPECT_EQ(in_quotes(std::string(63, 'x') + "\xc3\xa4"), '"' + std::string(63, 'x') + "...\"");
}

TEST(InShort, KeepsBothEndsAndWholeCharacters) {
  EXPECT_EQ(in_short("0123456789012345", 16), "0123456789012345");
  EXPECT_EQ(in_short("0123456789abcdefg", 16), "01234 ... bcdefg");
  EXPECT_EQ(in_short(std::string(1'000'000, 'x'), 64).size(), 64U);
  EXPECT_EQ(in_short("0123\xc3\xa4zzzzzz\xc3\xa4"
                     "12345",
                     16),
            "0123 ... 12345")
      << "no half of a character";
}

TEST(Mistakes, AreShortWhateverTheClientCallsThings) {
  Mistakes mistakes;
  const std::string name(1'000'000, 'n');
  mistakes.add(pointer_to("/spec/labels", name), "x");
  mistakes.add(pointer_to(pointer_to("/spec", name), std::size_t{7}), name);
  mistakes.add("/spec/priority", "y");
  const std::string shown = '"' + std::string(64, 'n') + "...\"";
  ASSERT_EQ(mistakes.error().fields.size(), 3U);
  EXPECT_EQ(mistakes.error().fields[0], (FieldError{"/spec/labels", shown + ": x"}));
  EXPECT_EQ(mistakes.error().fields[1].pointer, "/spec");
  EXPECT_EQ(mistakes.error().fields[1].detail.size(), 512U);
  EXPECT_EQ(mistakes.error().fields[2], (FieldError{"/spec/priority", "y"}));
}

TEST(Mistakes, ReportAPlaceOnce) {
  Mistakes mistakes;
  EXPECT_TRUE(mistakes.empty());
  mistakes.add("/a", "first");
  mistakes.add("/a", "echo");
  mistakes.add("/b/0", "other");
  EXPECT_EQ(mistakes.error().fields, (std::vector<FieldError>{{"/a", "first"}, {"/b/0", "other"}}));
  EXPECT_EQ(mistakes.error().message, "/a: first (and one more mistake)");
}

TEST(Mistakes, KnowWhatTheyTouch) {
  Mistakes mistakes;
  mistakes.add("/a/b", "x");
  mistakes.add("/ab", "x");
  mistakes.add("/a-", "x");
  EXPECT_TRUE(mistakes.at("/a/b"));
  EXPECT_FALSE(mistakes.at("/a"));
  EXPECT_TRUE(mistakes.touch("/a"));
  EXPECT_TRUE(mistakes.touch("/a/b"));
  EXPECT_FALSE(mistakes.touch("/a/b/c"));
  EXPECT_FALSE(mistakes.touch("/b"));
}

TEST(Mistakes, StandWhereTheDocumentHasThem) {
  Mistakes mistakes;
  mistakes.relocate("/mount/0", "/mount");
  mistakes.add("/mount/0", "x");
  EXPECT_TRUE(mistakes.at("/mount/0"));
  EXPECT_EQ(mistakes.take(), (std::vector<FieldError>{{"/mount", "x"}}));
}

TEST(Mistakes, AreBounded) {
  Mistakes mistakes;
  for (std::size_t i = 0; i < 5000; ++i) mistakes.add(pointer_to("", i), "x");
  EXPECT_EQ(mistakes.error().fields.size(), 1000U);
  EXPECT_EQ(mistakes.error().message, "/0: x (and 999 more mistakes)");
}

}  // namespace
}  // namespace jaild
