// How fast one jail may fill its log: a bucket that holds `burst_seconds` of the rate. Pure.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace jaild::monitor {

class LogRate {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::uint64_t bytes_default = 1024 * 1024;  // a second
  static constexpr std::uint64_t bytes_min = 4096;
  static constexpr std::uint64_t bytes_max = 1024 * 1024 * 1024;
  static constexpr std::int64_t burst_seconds = 8;

  explicit LogRate(std::uint64_t bytes_per_second = bytes_default)
      : rate_(static_cast<std::int64_t>(bytes_per_second)), room_(rate_ * burst_seconds) {}

  // Whether there is room now. Once there is none, it opens again with a second's worth, so that what is lost is lost
  // in one piece and told in one line.
  bool is_open(Clock::time_point now) {
    fill(now);
    if (room_ <= 0) open_ = false;
    if (room_ >= rate_) open_ = true;
    return open_;
  }
  // May be more than there is: it is paid back before there is room again.
  void spend(std::size_t bytes) { room_ -= static_cast<std::int64_t>(bytes); }
  // While it is closed: when it will be open.
  [[nodiscard]] Clock::time_point opens_at() const {
    return filled_ + std::chrono::milliseconds(std::max<std::int64_t>(rate_ - room_, 0) * 1000 / rate_ + 1);
  }

 private:
  void fill(Clock::time_point now) {
    const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(now - filled_);
    if (passed.count() <= 0) return;
    constexpr std::chrono::milliseconds longest = std::chrono::hours(24);  // of which no debt is left
    room_ = std::min<std::int64_t>(room_ + rate_ * std::min(passed, longest).count() / 1000, rate_ * burst_seconds);
    filled_ += passed;
  }

  std::int64_t rate_;
  std::int64_t room_;
  bool open_ = true;
  Clock::time_point filled_ = Clock::now();
};

}  // namespace jaild::monitor
