#include "api/contract/signal_name.h"

#include <csignal>

#include <gtest/gtest.h>

namespace jaild {
namespace {

TEST(SignalName, ReadsBackWhatItPrints) {
  for (int number = 1; number <= 64; ++number) EXPECT_EQ(signal_number(signal_name(number)), number);
  EXPECT_EQ(signal_name(SIGSEGV), "SIGSEGV");
  EXPECT_EQ(signal_name(SIGKILL), "SIGKILL");
  EXPECT_EQ(signal_name(50), "SIG50");
}

TEST(SignalName, RefusesAllElse) {
  for (const char* name : {"", "SIG", "SEGV", "sigsegv", "SIG0", "SIG-1", "SIG999", "SIG5x", "SIGNONE"})
    EXPECT_EQ(signal_number(name), std::nullopt) << name;
}

}  // namespace
}  // namespace jaild
