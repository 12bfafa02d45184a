#include "client/detach_keys.h"

#include <gtest/gtest.h>

namespace jaild::client {
namespace {

DetachKeys keys(const std::string& text) {
  auto parsed = DetachKeys::parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed ? *parsed : DetachKeys();
}

TEST(DetachKeys, TheSequenceDetachesAndIsNotPassedOn) {
  DetachKeys detach = keys("ctrl-p,ctrl-q");
  EXPECT_EQ(detach.filter("ls\x10"), "ls");
  EXPECT_FALSE(detach.complete());
  EXPECT_EQ(detach.filter("\x11more"), "");
  EXPECT_TRUE(detach.complete());
}

TEST(DetachKeys, WhatOnlyBeginsLikeItIsPassedOn) {
  DetachKeys detach = keys("a,a,b");
  EXPECT_EQ(detach.filter("aaxaa"), "aax");
  EXPECT_EQ(detach.filter("a"), "a") << "aaa may still end in aab";
  EXPECT_EQ(detach.filter("b"), "");
  EXPECT_TRUE(detach.complete());
}

TEST(DetachKeys, NoneNeverDetaches) {
  DetachKeys detach = keys("");
  EXPECT_EQ(detach.filter("\x10\x11"), "\x10\x11");
  EXPECT_FALSE(detach.complete());
}

TEST(DetachKeys, KeysAreCharactersOrControlKeys) {
  for (const auto& [text, typed] : {std::pair{"ctrl-a", "\x01"}, std::pair{"ctrl-]", "\x1d"}, std::pair{"~", "~"},
                                    std::pair{",", ","}, std::pair{"x,ctrl-\\", "x\x1c"}}) {
    DetachKeys detach = keys(text);
    EXPECT_EQ(detach.filter(typed), "") << text;
    EXPECT_TRUE(detach.complete()) << text;
  }
  for (const char* wrong : {"ctrl-", "ctrl-A", "ctrl-1", "strg-a", "a,", "a,,ab"}) {
    EXPECT_FALSE(DetachKeys::parse(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace jaild::client
