#include "daemon/host/sim/wall_timeline.h"

namespace jaild::host::sim {

WallTimeline::WallTimeline() : thread_([this] { work(); }) {}

WallTimeline::~WallTimeline() {
  {
    const std::lock_guard lock(queue_mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

TimerId WallTimeline::at(Moment when, std::function<void()> run) {
  TimerId timer = 0;
  {
    const std::lock_guard lock(queue_mutex_);
    timer = queue_.add(when, std::move(run));
  }
  changed_.notify_one();
  return timer;
}

void WallTimeline::cancel(TimerId timer) {
  const std::lock_guard lock(queue_mutex_);
  queue_.cancel(timer);
}

void WallTimeline::exclusive(const std::function<void()>& run) {
  const std::lock_guard lock(running_);
  run();
}

void WallTimeline::work() {
  for (;;) {
    {
      std::unique_lock lock(queue_mutex_);
      for (;;) {
        if (ending_) return;
        const auto due = queue_.next();
        if (due && *due <= now()) break;
        if (due) {
          changed_.wait_until(lock, *due);
        } else {
          changed_.wait(lock);
        }
      }
    }
    // Taken out only under running_, so that a cancel() inside exclusive() is final.
    const std::lock_guard running(running_);
    std::function<void()> run;
    {
      const std::lock_guard lock(queue_mutex_);
      const auto due = queue_.next();
      if (!ending_ && due && *due <= now()) run = queue_.take();
    }
    if (run) run();
  }
}

}  // namespace jaild::host::sim
