// How long a request keeps the event loop to itself at a stretch.
#pragma once

#include <algorithm>
#include <chrono>

namespace jaild::server {

// Loop thread only. Between pause() and resume() others have the loop.
class HoldTimer {
 public:
  void begin() {
    longest_ = {};
    resume();
  }
  void resume() { since_ = Clock::now(); }
  void pause() { longest_ = std::max(longest_, Clock::now() - since_); }
  [[nodiscard]] std::chrono::nanoseconds longest() const { return longest_; }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point since_ = Clock::now();
  Clock::duration longest_{0};
};

}  // namespace jaild::server
