// Time for the simulated kernel and host: virtual in the simulation, real in a daemon. The model itself has neither a
// clock nor a thread; all of it runs inside callbacks of one Timeline or inside exclusive(), so it needs no lock.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "api/contract/jail_status.h"

namespace jaild::host::sim {

using Moment = std::chrono::steady_clock::time_point;
using Span = std::chrono::nanoseconds;
using TimerId = std::uint64_t;  // 0: no timer

class Timeline {
 public:
  virtual ~Timeline() = default;

  [[nodiscard]] virtual Moment now() const = 0;
  [[nodiscard]] virtual WallTime wall_now() const = 0;

  // Calls `run` once at `when` or soon after, never inside this call. Callbacks come one at a time, by time and among
  // equal times in the order of the calls. Any thread.
  virtual TimerId at(Moment when, std::function<void()> run) = 0;
  // A timer that ran already, or 0, is fine. Any thread; only inside a callback or exclusive() is it sure that the
  // callback does not run meanwhile.
  virtual void cancel(TimerId timer) = 0;

  // Runs `run` while no callback runs. Any thread, also inside a callback.
  virtual void exclusive(const std::function<void()>& run) = 0;
};

}  // namespace jaild::host::sim
