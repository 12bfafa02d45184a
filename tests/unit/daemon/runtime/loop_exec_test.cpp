#include "daemon/runtime/loop_exec.h"

#include <gtest/gtest.h>

#include <optional>

namespace jaild::runtime {

// P8: one jail's commands leave room for the others', and all of them have a bound.
TEST(ExecSlots, AreBoundedForEachJailAndInAll) {
  std::vector<ExecSlots::Slot> held;
  std::optional<ExecSlots> slots(std::in_place);
  const auto take = [&](const std::string& jail) {
    auto slot = slots->take(jail);
    if (slot) held.push_back(std::move(*slot));
    return slot.has_value();
  };
  for (std::size_t i = 0; i < execs_of_jail_max; ++i) EXPECT_TRUE(take("a"));
  const auto one_more = slots->take("a");
  ASSERT_FALSE(one_more);
  EXPECT_EQ(one_more.error().kind, Kind::overloaded);
  for (std::size_t i = execs_of_jail_max; i < execs_max; ++i) EXPECT_TRUE(take("b" + std::to_string(i)));
  EXPECT_FALSE(take("c")) << "all are taken";
  held.pop_back();
  EXPECT_TRUE(take("c"));
  held.erase(held.begin());
  EXPECT_TRUE(take("a")) << "a slot is free when its holder lets go";
  slots.reset();
  held.clear();  // after the book
}

}  // namespace jaild::runtime
