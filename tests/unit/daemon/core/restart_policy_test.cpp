#include "daemon/core/restart_policy.h"

#include <gtest/gtest.h>

namespace jaild::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const WallTime start{std::chrono::hours{24 * 365 * 55}};

TEST(RestartPolicy, DelayDoublesUpToItsMaximumR9_1) {
  RestartSettings settings;
  settings.max_delay = seconds{10};
  RestartMemory memory;
  for (const int expected : {1, 2, 4, 8, 10, 10}) {
    const auto verdict = decide_restart(settings, memory, Ending::failure, seconds{0}, start, 0);
    ASSERT_EQ(verdict.what, Verdict::What::restart);
    EXPECT_EQ(verdict.delay, seconds{expected});
  }
}

TEST(RestartPolicy, JitterMovesTheDelayByATenthAtMost) {
  for (const double jitter : {-1.0, 1.0}) {
    RestartMemory memory;
    const auto verdict = decide_restart({}, memory, Ending::failure, seconds{0}, start, jitter);
    EXPECT_EQ(verdict.delay, milliseconds{jitter < 0 ? 900 : 1100});
    EXPECT_EQ(memory.last_delay, seconds{1}) << "the doubling goes on from the delay without jitter";
    EXPECT_EQ(memory.next_try_at, start + verdict.delay);
  }
}

TEST(RestartPolicy, AStableRunStartsTheDelayAnew) {
  RestartMemory memory;
  memory.last_delay = seconds{64};
  EXPECT_EQ(decide_restart({}, memory, Ending::failure, seconds{639}, start, 0).delay, seconds{128});
  memory.last_delay = seconds{64};
  EXPECT_EQ(decide_restart({}, memory, Ending::failure, seconds{640}, start, 0).delay, seconds{1});
  memory.last_delay = seconds{1};
  EXPECT_EQ(decide_restart({}, memory, Ending::failure, seconds{59}, start, 0).delay, seconds{2});
  memory.last_delay = seconds{1};
  EXPECT_EQ(decide_restart({}, memory, Ending::failure, seconds{60}, start, 0).delay, seconds{1});
}

TEST(RestartPolicy, EachPolicyAgainstEachEnding) {
  struct Row {
    RestartPolicy policy;
    Ending ending;
    bool restarts;
  };
  const Row rows[] = {
      {RestartPolicy::never, Ending::success, false},     {RestartPolicy::never, Ending::failure, false},
      {RestartPolicy::never, Ending::interrupted, true},  {RestartPolicy::on_failure, Ending::success, false},
      {RestartPolicy::on_failure, Ending::failure, true}, {RestartPolicy::on_failure, Ending::interrupted, true},
      {RestartPolicy::always, Ending::success, true},     {RestartPolicy::always, Ending::failure, true},
      {RestartPolicy::always, Ending::interrupted, true},
  };
  for (const auto& row : rows) {
    RestartSettings settings;
    settings.policy = row.policy;
    RestartMemory memory;
    const auto verdict = decide_restart(settings, memory, row.ending, seconds{0}, start, 0);
    EXPECT_EQ(verdict.what == Verdict::What::restart, row.restarts)
        << static_cast<int>(row.policy) << " " << static_cast<int>(row.ending);
  }
}

TEST(RestartPolicy, AnInterruptedStartCostsNoDelay) {
  RestartMemory memory;
  memory.last_delay = seconds{8};
  EXPECT_EQ(decide_restart({}, memory, Ending::interrupted, seconds{0}, start, 0).delay, seconds{0});
  EXPECT_EQ(memory.last_delay, seconds{8});
}

TEST(RestartPolicy, GivesUpAfterTheLimitWithinTheWindowAndNotBeyondIt) {
  RestartSettings settings;
  settings.limit = 2;
  settings.window = seconds{100};
  RestartMemory memory;
  const auto at = [&](int second) {
    return decide_restart(settings, memory, Ending::failure, seconds{0}, start + seconds{second}, 0);
  };
  EXPECT_EQ(at(0).what, Verdict::What::restart);
  EXPECT_EQ(at(99).what, Verdict::What::restart);
  EXPECT_EQ(at(100).what, Verdict::What::restart) << "the first start has left the window";
  const auto last = at(101);
  EXPECT_EQ(last.what, Verdict::What::gave_up);
  EXPECT_TRUE(memory.gave_up);
  EXPECT_EQ(last.reason, "gave up after 2 restarts within 100 s");
  EXPECT_LE(memory.starts.size(), 2U);
}

TEST(RestartPolicy, StartsFromAClockThatWasAheadAreForgotten) {
  RestartSettings settings;
  settings.limit = 2;
  settings.window = seconds{100};
  RestartMemory memory;
  const std::chrono::hours year{8766};
  const auto at = [&](WallTime now) { return decide_restart(settings, memory, Ending::failure, seconds{0}, now, 0); };
  EXPECT_EQ(at(start + year).what, Verdict::What::restart);
  EXPECT_EQ(at(start + year + seconds{1}).what, Verdict::What::restart);
  EXPECT_EQ(at(start).what, Verdict::What::restart) << "the clock was set back";
  EXPECT_EQ(at(start + seconds{1}).what, Verdict::What::restart);
  EXPECT_EQ(at(start + seconds{2}).what, Verdict::What::gave_up) << "two within the window, by the clock as it is now";
}

}  // namespace
}  // namespace jaild::core
