// Time that stands still until a test moves it on. Single-threaded; the same calls always give the same order.
#pragma once

#include <cstddef>
#include <optional>

#include "daemon/host/sim/timer_queue.h"

namespace jaild::host::sim {

class VirtualTimeline final : public Timeline {
 public:
  [[nodiscard]] Moment now() const override { return now_; }
  [[nodiscard]] WallTime wall_now() const override { return wall_; }
  TimerId at(Moment when, std::function<void()> run) override { return queue_.add(when, std::move(run)); }
  void cancel(TimerId timer) override { queue_.cancel(timer); }
  void exclusive(const std::function<void()>& run) override { run(); }

  // When the next callback is due; nullopt: nothing waits.
  [[nodiscard]] std::optional<Moment> next() { return queue_.next(); }
  [[nodiscard]] std::size_t pending() const { return queue_.size(); }

  // Goes to the next callback and runs it; false: there is none.
  bool step();
  // Runs everything that is due until `end` and leaves the clock there. Stops short after `limit` callbacks. Returns
  // how many ran: `limit` means that the model runs in circles.
  std::size_t run_until(Moment end, std::size_t limit = default_limit);
  std::size_t run_for(Span span, std::size_t limit = default_limit) { return run_until(now_ + span, limit); }

  // The wall clock jumps; the monotonic one does not notice.
  void set_wall_clock(WallTime wall) { wall_ = wall; }

  static constexpr std::size_t default_limit = 10'000'000;

 private:
  void go_to(Moment when);

  TimerQueue queue_;
  Moment now_{std::chrono::hours(1)};
  WallTime wall_{std::chrono::seconds(1'767'225'600)};  // 2026-01-01T00:00:00Z
};

}  // namespace jaild::host::sim
