#include "client/spec_changes.h"

#include <gtest/gtest.h>

namespace jaild::client {
namespace {

using nlohmann::json;

std::string changes_text(const std::vector<SpecChange>& changes) {
  std::string text;
  for (const SpecChange& change : changes) {
    text += change.field + " " + change.before.dump() + " " + change.after.dump() + "\n";
  }
  return text;
}

TEST(SpecChanges, EqualSpecsHaveNone) {
  const json spec{{"params", {{"path", "/jail/web"}}}, {"command", "/bin/httpd"}};
  EXPECT_TRUE(spec_changes(spec, spec).empty());
}

TEST(SpecChanges, ParametersStandUnderTheirOwnNamesAndGroupsMembersUnderBoth) {
  const json before{{"params", {{"path", "/jail/web"}, {"vnet", "new"}}}, {"restart", {{"delay", 1}}}, {"priority", 5}};
  const json after{{"params", {{"path", "/jail/www"}}}, {"restart", {{"delay", 2}}}, {"priority", 5}, {"cpuset", "0"}};
  EXPECT_EQ(changes_text(spec_changes(before, after)),
            "cpuset null \"0\"\n"
            "path \"/jail/web\" \"/jail/www\"\n"
            "restart.delay 1 2\n"
            "vnet \"new\" null\n");
}

TEST(SpecChanges, ListsAreComparedAsAWhole) {
  EXPECT_EQ(changes_text(spec_changes({{"rctl", {"a", "b"}}}, {{"rctl", {"b", "a"}}})),
            "rctl [\"a\",\"b\"] [\"b\",\"a\"]\n");
}

TEST(SpecChanges, WhatIsNoSpecCountsAsEmpty) {
  EXPECT_EQ(changes_text(spec_changes(nullptr, {{"command", "x"}})), "command null \"x\"\n");
  EXPECT_TRUE(spec_changes(json::array(), "text").empty());
}

}  // namespace
}  // namespace jaild::client
