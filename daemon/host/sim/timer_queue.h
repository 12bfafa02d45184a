// Timers in the order in which they are due. Not synchronised: its Timeline is.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "daemon/host/sim/timeline.h"

namespace jaild::host::sim {

class TimerQueue {
 public:
  TimerId add(Moment when, std::function<void()> run);
  void cancel(TimerId timer);

  // When the first timer is due; nullopt: there is none.
  [[nodiscard]] std::optional<Moment> next();
  // Takes the first timer out. Only after next() gave a time.
  [[nodiscard]] std::function<void()> take();

  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  // A slot is used again under a new generation; an id or a heap entry of an older one is void.
  struct Slot {
    std::function<void()> run;
    std::uint32_t generation = 1;
    bool waiting = false;
  };
  struct Entry {
    Moment when;
    std::uint64_t order;
    std::uint32_t slot;
    std::uint32_t generation;
  };
  static bool later(const Entry& a, const Entry& b);
  void drop_void_entries();
  void vacate(std::uint32_t slot);

  std::vector<Slot> slots_;
  std::vector<std::uint32_t> vacant_;
  std::vector<Entry> heap_;
  std::uint64_t order_ = 0;
  std::size_t size_ = 0;
};

}  // namespace jaild::host::sim
