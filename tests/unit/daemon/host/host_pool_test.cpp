#include "daemon/host/host_pool.h"

#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <memory>
#include <system_error>

#include <gtest/gtest.h>

namespace jaild::host {
namespace {

// Of this process only; the user that it becomes is nobody else's.
void allow_so_many_threads(rlim_t threads) {
  constexpr uid_t nobodys = 61'234;
  const rlimit limit{threads, threads};
  if (::setrlimit(RLIMIT_NPROC, &limit) != 0 || (::getuid() == 0 && ::setuid(nobodys) != 0)) ::_exit(2);
}

// A thread that cannot be made is an error of the start, and those that were made before it end.
TEST(HostPool, AThreadThatCannotBeMadeIsToldAndLeavesNone) {
  const auto make = [](rlim_t threads) {
    allow_so_many_threads(threads);
    try {
      HostPool pool(4, 10);
    } catch (const std::system_error& refused) {
      ::_exit(refused.code() == std::errc::resource_unavailable_try_again ? 3 : 4);
    }
    ::_exit(0);
  };
  for (const rlim_t threads : {1, 2, 3}) EXPECT_EXIT(make(threads), testing::ExitedWithCode(3), "") << threads;
}

// In all of these the pool comes last, so that it is joined before what its jobs refer to is gone.
TEST(HostPool, JobsOfOneJailRunInOrderAndNeverTogether) {
  std::vector<int> order;  // unguarded on purpose: two at once would be a race for the sanitizer and a wrong order here
  std::promise<void> last;
  HostPool pool(4, 1000);
  for (int i = 0; i < 500; ++i) {
    ASSERT_TRUE(pool.post("www", [&order, &last, i] {
      order.push_back(i);
      if (i == 499) last.set_value();
    }));
  }
  last.get_future().wait();
  ASSERT_EQ(order.size(), 500U);
  for (int i = 0; i < 500; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

TEST(HostPool, JobsOfDifferentJailsRunSideBySide) {
  std::promise<void> first;
  std::promise<void> second;
  std::promise<void> met;
  HostPool pool(2, 10);
  // Each waits for the other: one after the other they would never end.
  ASSERT_TRUE(pool.post("a", [&] {
    first.set_value();
    second.get_future().wait();
    met.set_value();
  }));
  ASSERT_TRUE(pool.post("b", [&] {
    second.set_value();
    first.get_future().wait();
  }));
  EXPECT_EQ(met.get_future().wait_for(std::chrono::seconds(30)), std::future_status::ready);
}

TEST(HostPool, FullQueueIsAnsweredNotWaitedFor) {
  std::promise<void> go;
  std::promise<void> begun;
  HostPool pool(1, 2);
  ASSERT_TRUE(pool.post("a", [&, wait = go.get_future().share()] {
    begun.set_value();
    wait.wait();
  }));
  begun.get_future().wait();
  EXPECT_TRUE(pool.post("a", [] {}));
  EXPECT_TRUE(pool.post("b", [] {}));
  EXPECT_FALSE(pool.post("c", [] {}));
  go.set_value();
}

TEST(HostPool, StopWaitsForTheRunningJobAndDropsTheRest) {
  std::atomic<bool> ended = false;
  std::atomic<bool> dropped_ran = false;
  std::promise<void> begun;
  std::promise<void> go;
  HostPool pool(1, 10);
  ASSERT_TRUE(pool.post("a", [&, wait = go.get_future().share()] {
    begun.set_value();
    wait.wait();
    ended = true;
  }));
  ASSERT_TRUE(pool.post("a", [&] { dropped_ran = true; }));
  begun.get_future().wait();
  std::thread stopper([&] { pool.stop(); });
  while (pool.post("z", [] {})) std::this_thread::yield();  // until stop() has begun, or the queue is full
  go.set_value();
  stopper.join();
  EXPECT_TRUE(ended);
  EXPECT_FALSE(pool.post("a", [] {}));
}

}  // namespace
}  // namespace jaild::host
