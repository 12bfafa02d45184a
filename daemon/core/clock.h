// Time as a value: core never reads a clock, it is told.
#pragma once

#include <chrono>

#include "api/contract/jail_status.h"

namespace jaild::core {

// Since an arbitrary start, never backwards (CLOCK_MONOTONIC: Linux leaves suspended time out); all delays and
// deadlines are on it.
using MonoTime = std::chrono::nanoseconds;

struct Now {
  MonoTime mono{0};
  WallTime wall;  // may jump; for people and for what must outlive a boot
};

}  // namespace jaild::core
