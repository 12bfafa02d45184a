#include "daemon/runtime/asio_loop.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace jaild::runtime {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(AsioLoop, TasksOfManyThreadsRunOnTheLoopOneAtATime) {
  boost::asio::io_context context;
  AsioLoop loop(context);
  int count = 0;  // not atomic: TSan would tell
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&loop, &count] {
      for (int k = 0; k < 100; ++k) loop.post([&count] { ++count; });
    });
  }
  for (auto& thread : threads) thread.join();
  context.run();
  EXPECT_EQ(count, 400);
}

TEST(AsioLoop, ATaskIsNeverRunBeforeThePostReturns) {
  boost::asio::io_context context;
  AsioLoop loop(context);
  std::vector<int> order;
  loop.post([&] {
    loop.post([&] { order.push_back(2); });
    order.push_back(1);
  });
  context.run();
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

TEST(AsioLoop, ArmingReplacesWhatWasArmed) {
  boost::asio::io_context context;
  AsioLoop loop(context);
  std::vector<int> order;
  loop.arm(loop.now().mono + seconds{3600}, [&] { order.push_back(1); });
  loop.arm(loop.now().mono + milliseconds{1}, [&] { order.push_back(2); });
  context.run();  // ends: nothing waits for the hour
  EXPECT_EQ(order, std::vector<int>{2});
}

TEST(AsioLoop, OffloadedWorkRunsElsewhereAndItsAnswerOnTheLoop) {
  boost::asio::io_context context;
  AsioLoop loop(context);
  const auto guard = boost::asio::make_work_guard(context);
  std::thread::id worker;
  std::thread::id answer;
  loop.offload([&] {
    worker = std::this_thread::get_id();
    loop.post([&] {
      answer = std::this_thread::get_id();
      context.stop();
    });
  });
  context.run();
  EXPECT_NE(worker, std::this_thread::get_id());
  EXPECT_EQ(answer, std::this_thread::get_id());
}

TEST(AsioLoop, StopWaitsForWhatWasOffloaded) {
  boost::asio::io_context context;
  AsioLoop loop(context);
  std::atomic<int> done = 0;
  for (int i = 0; i < 8; ++i) loop.offload([&done] { ++done; });
  loop.stop();
  EXPECT_EQ(done, 8);
}

}  // namespace
}  // namespace jaild::runtime
