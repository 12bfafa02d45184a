#include "daemon/core/health_policy.h"

#include <gtest/gtest.h>

namespace jaild::core {
namespace {

using std::chrono::seconds;

TEST(HealthPolicy, ReadyAfterEnoughSuccessesInARow) {
  HealthSettings settings;
  settings.successes = 2;
  HealthPolicy policy;
  EXPECT_FALSE(policy.feed(settings, true, seconds{1}).ready);
  EXPECT_FALSE(policy.feed(settings, false, seconds{2}).ready);
  EXPECT_FALSE(policy.feed(settings, true, seconds{3}).ready);
  EXPECT_TRUE(policy.feed(settings, true, seconds{4}).ready);
}

TEST(HealthPolicy, UnreadyAndRestartedAfterEnoughFailuresInARowOnly) {
  HealthSettings settings;
  settings.failures = 3;
  HealthPolicy policy;
  policy.feed(settings, true, seconds{1});
  for (int round = 0; round < 3; ++round) {
    EXPECT_TRUE(policy.feed(settings, false, seconds{2}).ready);
    EXPECT_TRUE(policy.feed(settings, false, seconds{3}).ready);
    EXPECT_TRUE(policy.feed(settings, true, seconds{4}).ready) << "a success begins the count anew";
  }
  policy.feed(settings, false, seconds{5});
  policy.feed(settings, false, seconds{6});
  const auto verdict = policy.feed(settings, false, seconds{7});
  EXPECT_FALSE(verdict.ready);
  EXPECT_TRUE(verdict.restart);
}

TEST(HealthPolicy, FailuresWithinTheStartPeriodDoNotCount) {
  HealthSettings settings;
  settings.failures = 1;
  settings.start_period = seconds{30};
  HealthPolicy policy;
  EXPECT_FALSE(policy.feed(settings, false, seconds{29}).restart);
  EXPECT_TRUE(policy.feed(settings, false, seconds{30}).restart);
}

TEST(HealthPolicy, OnFailureNoneOnlyTakesReadinessAway) {
  HealthSettings settings;
  settings.failures = 1;
  settings.on_failure = HealthAction::none;
  HealthPolicy policy;
  policy.feed(settings, true, seconds{1});
  const auto verdict = policy.feed(settings, false, seconds{2});
  EXPECT_FALSE(verdict.ready);
  EXPECT_FALSE(verdict.restart);
  EXPECT_TRUE(policy.feed(settings, true, seconds{3}).ready);
}

}  // namespace
}  // namespace jaild::core
