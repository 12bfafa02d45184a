// Timers: order, cancelling, virtual and real time.
#include <atomic>
#include <future>

#include <gtest/gtest.h>

#include "daemon/host/sim/virtual_timeline.h"
#include "daemon/host/sim/wall_timeline.h"

namespace jaild::host::sim {
namespace {

using namespace std::chrono_literals;

TEST(VirtualTimeline, RunsByTimeAndAmongEqualTimesInOrder) {
  VirtualTimeline time;
  const Moment start = time.now();
  std::string order;
  time.at(start + 2s, [&] { order += 'c'; });
  time.at(start + 1s, [&] { order += 'a'; });
  time.at(start + 1s, [&] { order += 'b'; });
  EXPECT_EQ(time.run_for(10s), 3U);
  EXPECT_EQ(order, "abc");
  EXPECT_EQ(time.now(), start + 10s);
}

TEST(VirtualTimeline, CallbackMayAddAnotherForNow) {
  VirtualTimeline time;
  int ran = 0;
  time.at(time.now(), [&] { time.at(time.now(), [&] { ++ran; }); });
  EXPECT_EQ(time.run_for(0s), 2U);
  EXPECT_EQ(ran, 1);
}

TEST(VirtualTimeline, CancelledTimerNeverRunsAndItsIdIsVoid) {
  VirtualTimeline time;
  int ran = 0;
  const TimerId gone = time.at(time.now() + 1s, [&] { ran += 1; });
  time.cancel(gone);
  time.at(time.now() + 1s, [&] { ran += 10; });  // takes the same slot
  time.cancel(gone);
  time.cancel(0);
  EXPECT_EQ(time.pending(), 1U);
  time.run_for(2s);
  EXPECT_EQ(ran, 10);
  EXPECT_FALSE(time.next());
}

TEST(VirtualTimeline, RunningInCirclesStopsAtTheLimit) {
  VirtualTimeline time;
  std::function<void()> again = [&] { time.at(time.now(), again); };
  again();
  EXPECT_EQ(time.run_for(1s, 100), 100U);
}

TEST(VirtualTimeline, WallClockMayJumpWithoutTheMonotonicOne) {
  VirtualTimeline time;
  const Moment before = time.now();
  time.set_wall_clock(time.wall_now() + 1h);
  EXPECT_EQ(time.now(), before);
  const WallTime jumped = time.wall_now();
  time.run_for(5s);
  EXPECT_EQ(time.wall_now(), jumped + 5s);
}

TEST(WallTimeline, RunsByTimeOnItsOwnThread) {
  std::promise<std::thread::id> ran;
  std::string order;
  WallTimeline time;
  time.at(time.now() + 20ms, [&] {
    order += 'b';
    ran.set_value(std::this_thread::get_id());
  });
  time.at(time.now(), [&] { order += 'a'; });
  EXPECT_NE(ran.get_future().get(), std::this_thread::get_id());
  EXPECT_EQ(order, "ab");
}

TEST(WallTimeline, ExclusiveExcludesCallbacksAndMayBeUsedInOne) {
  WallTimeline time;
  std::atomic<int> inside = 0;
  std::atomic<bool> together = false;
  std::promise<void> last;
  const auto enter = [&] {
    if (++inside > 1) together = true;
    --inside;
  };
  for (int i = 0; i < 1000; ++i) time.at(time.now(), enter);
  time.at(time.now(), [&] { time.exclusive([&] { last.set_value(); }); });
  for (int i = 0; i < 1000; ++i) time.exclusive(enter);
  last.get_future().get();
  EXPECT_FALSE(together);
}

TEST(WallTimeline, WhatWaitsWhenItEndsNeverRuns) {
  int ran = 0;
  {
    WallTimeline time;
    time.at(time.now() + 1h, [&] { ++ran; });
  }
  EXPECT_EQ(ran, 0);
}

}  // namespace
}  // namespace jaild::host::sim
