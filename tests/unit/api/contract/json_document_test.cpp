#include <csignal>

#include <gtest/gtest.h>

#include "tests/unit/api/contract/samples.h"

namespace jaild {
namespace {

using test::json_of;
using test::Places;
using test::places;

constexpr const char* good_spec = R"({"params":{"path":"/jail/www","persist":true}})";

std::string document(const std::string& fields) {
  return R"({"spec":)" + std::string(good_spec) + fields + "}";
}

Places mistakes_of(const std::string& text, std::string_view name_in_path) {
  const auto read = parse_jail_document(json_of(text), name_in_path);
  if (read) return {};
  EXPECT_EQ(read.error().kind, Kind::invalid);
  return places(read.error().fields);
}

TEST(JailDocument, HasItsNameInThePathOrInTheBody) {
  EXPECT_EQ(parse_jail_document(json_of(document(R"(,"name":"www")")), "")->name, "www");
  EXPECT_EQ(parse_jail_document(json_of(document("")), "www")->name, "www");
  EXPECT_EQ(parse_jail_document(json_of(document(R"(,"name":"www")")), "www")->name, "www");
}

TEST(JailDocument, TakesWhatGetGave) {
  JailObject object;
  object.name = "www";
  object.generation = 7;
  object.desired = Desired::stopped;
  object.spec = test::spec_of(good_spec);
  object.status.last_exit = LastExit{WallTime(std::chrono::seconds(5)), 1, 0, "command exited with 1"};
  const auto read = parse_jail_document(json_of(to_text(to_json(object))), "www");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->name, "www");
  EXPECT_EQ(read->spec, object.spec);
  EXPECT_EQ(read->desired, Desired::stopped);
}

TEST(JailDocument, LeavesDesiredToTheCallerWhenAbsent) {
  EXPECT_EQ(parse_jail_document(json_of(document("")), "www")->desired, std::nullopt);
  EXPECT_EQ(parse_jail_document(json_of(document(R"(,"desired":"running")")), "www")->desired, Desired::running);
}

TEST(JailDocument, IgnoresGenerationAndStatusWhateverTheyAre) {
  EXPECT_TRUE(parse_jail_document(json_of(document(R"(,"generation":"x","status":[1])")), "www"));
}

TEST(JailDocument, PointsAtEachMistake) {
  EXPECT_EQ(mistakes_of("5", ""), Places{""});
  EXPECT_EQ(mistakes_of("[]", "www"), Places{""});
  EXPECT_EQ(mistakes_of("{}", ""), (Places{"/name", "/spec"}));
  EXPECT_EQ(mistakes_of("{}", "www"), Places{"/spec"});
  EXPECT_EQ(mistakes_of(document(""), ""), Places{"/name"});
  EXPECT_EQ(mistakes_of(document(""), "a b"), Places{""});
  EXPECT_EQ(mistakes_of(document(R"(,"name":"12")"), ""), Places{"/name"});
  EXPECT_EQ(mistakes_of(document(R"(,"name":5)"), ""), Places{"/name"});
  EXPECT_EQ(mistakes_of(document(R"(,"name":null)"), "www"), Places{"/name"});
  EXPECT_EQ(mistakes_of(document(R"(,"name":"db")"), "www"), Places{"/name"});
  EXPECT_EQ(mistakes_of(document(R"(,"desired":"deleted")"), "www"), Places{"/desired"});
  EXPECT_EQ(mistakes_of(document(R"(,"desired":true)"), "www"), Places{"/desired"});
  EXPECT_EQ(mistakes_of(document(R"(,"Spec":1,"x/y":2)"), "www"), (Places{"/Spec", "/x~1y"}));
  EXPECT_EQ(mistakes_of(R"({"spec":null})", "www"), Places{"/spec"});
}

TEST(JailDocument, ReportsTheRelationsOfASpecThatHasOtherMistakes) {
  EXPECT_EQ(mistakes_of(R"({"spec":{"params":{"vnet":"new","ip4.addr":"10.0.0.1"},"priority":-1}})", "www"),
            (Places{"/spec", "/spec/params/ip4.addr", "/spec/params/path", "/spec/priority"}));
}

TEST(LastExit, ReadsBackWhatItPrints) {
  const LastExit exits[] = {{WallTime(std::chrono::seconds(1769860800)), 1, 0, "command exited with 1"},
                            {WallTime(std::chrono::milliseconds(1769860800123)), std::nullopt, SIGSEGV, "killed"},
                            {WallTime(std::chrono::seconds(0)), std::nullopt, 0, ""},
                            {WallTime(std::chrono::seconds(0)), 0, 50, "\xc3\xa4"}};
  for (const LastExit& exit : exits) {
    const auto read = parse_last_exit(json_of(to_text(to_json(exit))));
    ASSERT_TRUE(read) << exit.reason;
    EXPECT_EQ(*read, exit);
  }
}

TEST(LastExit, IgnoresWhatANewerMonitorAdds) {
  EXPECT_TRUE(parse_last_exit(json_of(R"({"at":"2026-01-31T12:00:00Z","reason":"x","core":"/var/core"})")));
}

TEST(LastExit, RefusesWhatItCannotRead) {
  for (const char* text :
       {"5", "{}", R"({"at":5})", R"({"at":"yesterday"})", R"({"at":"2026-01-31T12:00:00Z","code":"1"})",
        R"({"at":"2026-01-31T12:00:00Z","signal":11})", R"({"at":"2026-01-31T12:00:00Z","signal":"SIGNOT"})",
        R"({"at":"2026-01-31T12:00:00Z","reason":1})"})
    EXPECT_FALSE(parse_last_exit(json_of(text))) << text;
}

}  // namespace
}  // namespace jaild
