// The engine's loop on virtual time: everything runs inside callbacks of one timeline, one at a time.
#pragma once

#include <memory>

#include "daemon/host/sim/virtual_timeline.h"
#include "daemon/runtime/loop.h"

namespace jaild::simulation {

class VirtualLoop final : public runtime::Loop {
 public:
  explicit VirtualLoop(host::sim::VirtualTimeline& timeline) : timeline_(timeline) {}  // outlives this

  [[nodiscard]] core::Now now() const override { return {timeline_.now().time_since_epoch(), timeline_.wall_now()}; }

  // What a daemon that is gone had posted is never done.
  void post(std::function<void()> task) override { schedule(timeline_.now(), std::move(task)); }

  void arm(core::MonoTime when, std::function<void()> task) override {
    timeline_.cancel(armed_);
    const host::sim::Moment moment{when};
    armed_ = schedule(std::max(moment, timeline_.now()), std::move(task));
  }

  void after(std::chrono::nanoseconds delay, std::function<void()> task) override {
    schedule(timeline_.now() + delay, std::move(task));
  }

  void offload(std::function<void()> work) override { post(std::move(work)); }

 private:
  host::sim::TimerId schedule(host::sim::Moment when, std::function<void()> task) {
    return timeline_.at(when, [alive = std::weak_ptr<bool>(alive_), task = std::move(task)] {
      if (!alive.expired()) task();
    });
  }

  host::sim::VirtualTimeline& timeline_;
  host::sim::TimerId armed_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace jaild::simulation
