#include "daemon/host/sim/timer_queue.h"

#include <algorithm>
#include <utility>

namespace jaild::host::sim {

bool TimerQueue::later(const Entry& a, const Entry& b) {
  return a.when != b.when ? a.when > b.when : a.order > b.order;
}

TimerId TimerQueue::add(Moment when, std::function<void()> run) {
  if (vacant_.empty()) {
    vacant_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t index = vacant_.back();
  vacant_.pop_back();
  Slot& slot = slots_[index];
  slot.run = std::move(run);
  slot.waiting = true;
  heap_.push_back(Entry{when, order_++, index, slot.generation});
  std::push_heap(heap_.begin(), heap_.end(), later);
  ++size_;
  return (static_cast<TimerId>(slot.generation) << 32) | (index + 1ULL);
}

void TimerQueue::cancel(TimerId timer) {
  if (timer == 0) return;
  const auto index = static_cast<std::uint32_t>(timer & 0xffffffffU) - 1;
  const auto generation = static_cast<std::uint32_t>(timer >> 32);
  if (index >= slots_.size() || slots_[index].generation != generation || !slots_[index].waiting) return;
  vacate(index);
}

void TimerQueue::vacate(std::uint32_t index) {
  Slot& slot = slots_[index];
  slot.run = nullptr;
  slot.waiting = false;
  ++slot.generation;
  vacant_.push_back(index);
  --size_;
}

void TimerQueue::drop_void_entries() {
  while (!heap_.empty() && slots_[heap_.front().slot].generation != heap_.front().generation) {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    heap_.pop_back();
  }
}

std::optional<Moment> TimerQueue::next() {
  drop_void_entries();
  if (heap_.empty()) return std::nullopt;
  return heap_.front().when;
}

std::function<void()> TimerQueue::take() {
  const std::uint32_t index = heap_.front().slot;
  std::pop_heap(heap_.begin(), heap_.end(), later);
  heap_.pop_back();
  std::function<void()> run = std::move(slots_[index].run);
  vacate(index);
  return run;
}

}  // namespace jaild::host::sim
