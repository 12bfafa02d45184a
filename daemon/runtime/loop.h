// The loop under the engine, as an interface: Asio in the daemon, a virtual clock in the simulation.
#pragma once

#include <functional>

#include "daemon/core/clock.h"

namespace jaild::runtime {

class Loop {
 public:
  virtual ~Loop() = default;

  [[nodiscard]] virtual core::Now now() const = 0;
  // Runs `task` on the loop thread, soon, in order. Any thread.
  virtual void post(std::function<void()> task) = 0;
  // Calls `task` on the loop thread at `when`; replaces what was armed before. Loop thread only.
  virtual void arm(core::MonoTime when, std::function<void()> task) = 0;
  // Calls `task` on the loop thread after `delay`. Loop thread only; never cancelled, so `task` looks whether it is
  // wanted.
  virtual void after(std::chrono::nanoseconds delay, std::function<void()> task) = 0;
  // Runs `work`, which may block, elsewhere. Loop thread only.
  virtual void offload(std::function<void()> work) = 0;
};

}  // namespace jaild::runtime
