#include "api/server/deadline.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

namespace jaild::server {

using namespace std::chrono_literals;

TEST(Deadline, PassesOnceItsTimeHasCome) {
  boost::asio::io_context loop;
  int passed = 0;
  Deadline deadline(loop.get_executor(), [&] { ++passed; });
  deadline.set(1ms);
  while (passed == 0 && loop.run_one_for(10s) > 0) {
  }
  EXPECT_EQ(passed, 1);
  EXPECT_TRUE(deadline.passed());
  deadline.set(1h);
  EXPECT_FALSE(deadline.passed());
}

// What was cancelled may just have ended, and the next wait begun: that one must end too.
TEST(Deadline, ComesAgainUntilItIsCleared) {
  boost::asio::io_context loop;
  int passed = 0;
  Deadline deadline(loop.get_executor(), [&] { ++passed; });
  deadline.set(1ms);
  while (passed < 3 && loop.run_one_for(10s) > 0) {
  }
  EXPECT_EQ(passed, 3);
  deadline.clear();
  loop.run_for(10s);  // ends as soon as no timer is left
  EXPECT_EQ(passed, 3);
}

TEST(Deadline, AnEarlierOneReplacesALaterOneAndALaterOneAnEarlier) {
  boost::asio::io_context loop;
  int passed = 0;
  Deadline deadline(loop.get_executor(), [&] { ++passed; });
  deadline.set(1h);
  deadline.set(1ms);
  while (passed == 0 && loop.run_one_for(10s) > 0) {
  }
  EXPECT_EQ(passed, 1);
  const auto begun = std::chrono::steady_clock::now();
  deadline.set(1ms);
  deadline.set(50ms);
  while (passed == 1 && loop.run_one_for(10s) > 0) {
  }
  EXPECT_GE(std::chrono::steady_clock::now() - begun, 50ms);
}

TEST(Deadline, IsSilentAfterItsEnd) {
  boost::asio::io_context loop;
  int passed = 0;
  {
    Deadline deadline(loop.get_executor(), [&] { ++passed; });
    deadline.set(1ms);
  }
  loop.run_for(10s);
  EXPECT_EQ(passed, 0);
}

}  // namespace jaild::server
