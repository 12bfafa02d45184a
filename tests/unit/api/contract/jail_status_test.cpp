#include "api/contract/jail_status.h"

#include <gtest/gtest.h>

namespace jaild {
namespace {

TEST(JailState, ReadsBackWhatItPrints) {
  for (int i = 0; i < jail_state_count; ++i) {
    const auto state = static_cast<JailState>(i);
    EXPECT_EQ(jail_state_from(to_string(state)), state);
  }
  EXPECT_EQ(to_string(JailState::backoff), "backoff");
  EXPECT_EQ(jail_state_from("Running"), std::nullopt);
  EXPECT_EQ(jail_state_from(""), std::nullopt);
}

TEST(Desired, HasTheWordsOfTheInterface) {
  EXPECT_EQ(to_string(Desired::running), "running");
  EXPECT_EQ(to_string(Desired::stopped), "stopped");
}

}  // namespace
}  // namespace jaild
