// Who holds the event loop, and for how long. While one piece of work runs there, no other jail and no client is
// served; a piece that takes longer than the limit is a stall, and is reported with its culprit.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>

#include "api/contract/task_info.h"
#include "daemon/core/clock.h"
#include "daemon/runtime/culprit.h"

namespace jaild::runtime {

// What is promised (doc/performance.md).
constexpr std::chrono::milliseconds loop_stall_limit{50};
// Kept for /debug/tasks.
constexpr std::size_t loop_stalls_kept = 16;
// A loop that stalls again and again says so once a second.
constexpr std::chrono::seconds loop_stall_warning_interval{1};

// Loop thread only.
class LoopWatch {
 public:
  // `warn` gets one line for the log, key=value.
  void set_warn(std::function<void(const std::string&)> warn) { warn_ = std::move(warn); }

  // `culprit` ended at `now`, after it had held the loop for `took`. True: that was a stall.
  bool held(const Culprit& culprit, std::chrono::nanoseconds took, core::Now now);

  [[nodiscard]] std::chrono::nanoseconds longest() const { return longest_; }
  // Fills in what concerns the loop.
  void describe(Tasks& tasks) const;

 private:
  std::function<void(const std::string&)> warn_ = [](const std::string&) {};
  std::uint64_t stalls_ = 0;
  std::uint64_t unreported_ = 0;
  std::chrono::nanoseconds longest_{0};
  LoopHold longest_hold_;
  std::deque<LoopHold> last_;
  core::MonoTime next_warning_{0};
};

}  // namespace jaild::runtime
