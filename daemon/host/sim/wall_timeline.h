// Real time: one thread that runs the callbacks. For `jaild --host sim`.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "daemon/host/sim/timer_queue.h"

namespace jaild::host::sim {

class WallTimeline final : public Timeline {
 public:
  WallTimeline();
  ~WallTimeline() override;  // waits for a running callback; the others never run. Not inside a callback.
  WallTimeline(const WallTimeline&) = delete;
  WallTimeline& operator=(const WallTimeline&) = delete;

  [[nodiscard]] Moment now() const override { return std::chrono::steady_clock::now(); }
  [[nodiscard]] WallTime wall_now() const override { return std::chrono::system_clock::now(); }
  TimerId at(Moment when, std::function<void()> run) override;
  void cancel(TimerId timer) override;
  void exclusive(const std::function<void()>& run) override;

 private:
  void work();

  std::mutex queue_mutex_;  // guards queue_ and ending_; held for moments only, so that at() never blocks
  std::condition_variable changed_;
  TimerQueue queue_;
  bool ending_ = false;
  std::recursive_mutex running_;  // held while a callback runs; recursive: a callback may use exclusive()
  std::thread thread_;            // last: it uses all the others
};

}  // namespace jaild::host::sim
