#include "daemon/store/row_codec.h"

#include <gtest/gtest.h>

#include "tests/fakes/store_samples.h"

namespace jaild::store {
namespace {

TEST(RowCodecTest, TimesAreExact) {
  for (WallTime time :
       {WallTime(), WallTime(WallTime::duration(-1)), WallTime(WallTime::duration(1'767'225'600'123'456))}) {
    EXPECT_EQ(from_ns(to_ns(time)), time);
  }
}

TEST(RowCodecTest, SpecAndExitComeBack) {
  EXPECT_EQ(spec_from(spec_text(samples::full_spec())).value(), samples::full_spec());
  const LastExit by_code = samples::exit_of(3);
  EXPECT_EQ(exit_from(exit_text(by_code)).value(), by_code);
  const LastExit by_signal{by_code.at, std::nullopt, 9, "command ended by SIGKILL"};
  EXPECT_EQ(exit_from(exit_text(by_signal)).value(), by_signal);
  const LastExit unknown{by_code.at, std::nullopt, 0, "nobody saw it"};
  EXPECT_EQ(exit_from(exit_text(unknown)).value(), unknown);
}

TEST(RowCodecTest, DataAndStartsComeBack) {
  const std::map<std::string, std::string> data{{"", "x"}, {"a", ""}, {"ä", "\"\\\n"}};
  EXPECT_EQ(data_from(data_text(data)).value(), data);
  EXPECT_TRUE(data_from(data_text({})).value().empty());
  const std::vector<WallTime> starts{from_ns(-5'000), from_ns(1'767'225'600'123'456'000)};
  EXPECT_EQ(starts_from(starts_text(starts)).value(), starts);
  EXPECT_TRUE(starts_from(starts_text({})).value().empty());
}

TEST(RowCodecTest, EveryWordComesBack) {
  for (Desired desired : {Desired::running, Desired::stopped})
    EXPECT_EQ(desired_from(desired_word(desired)).value(), desired);
  using core::RunPhase;
  for (RunPhase phase : {RunPhase::starting, RunPhase::running, RunPhase::stopping}) {
    EXPECT_EQ(phase_from(phase_word(phase)).value(), phase);
  }
  using core::ResourceKind;
  for (ResourceKind kind : {ResourceKind::alias, ResourceKind::mount, ResourceKind::interface, ResourceKind::dataset,
                            ResourceKind::cgroup}) {
    EXPECT_EQ(resource_from(resource_word(kind)).value(), kind);
  }
}

TEST(RowCodecTest, WhatWeDidNotWriteIsAnErrorAboutTheFile) {
  const auto kind = [](const auto& result) { return result ? "no error" : traits(result.error().kind).type; };
  const std::string_view unavailable = traits(Kind::unavailable).type;
  EXPECT_EQ(kind(spec_from("{")), unavailable);
  EXPECT_EQ(kind(spec_from(R"({"parameters":{}})")), unavailable);
  EXPECT_EQ(kind(spec_from("")), unavailable);
  EXPECT_EQ(kind(exit_from("[]")), unavailable);
  EXPECT_EQ(kind(data_from("[]")), unavailable);
  EXPECT_EQ(kind(data_from(R"({"a":1})")), unavailable);
  EXPECT_EQ(kind(starts_from("{}")), unavailable);
  EXPECT_EQ(kind(starts_from(R"(["x"])")), unavailable);
  EXPECT_EQ(kind(desired_from("Running")), unavailable);
  EXPECT_EQ(kind(phase_from("")), unavailable);
  EXPECT_EQ(kind(resource_from("jail")), unavailable);
}

TEST(RowCodecTest, AnErrorNamesTheFieldOfTheSpec) {
  Result<JailSpec> spec = spec_from(R"({"params":{"path":"/jail/x","persist":true},"priority":1000})");
  ASSERT_FALSE(spec.has_value());
  EXPECT_NE(spec.error().message.find("/priority"), std::string::npos) << spec.error().message;
  EXPECT_TRUE(spec.error().fields.empty());  // pointers into a request would be wrong here
}

}  // namespace
}  // namespace jaild::store
