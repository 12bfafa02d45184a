// What the kernel does to operations, drawn from the simulation's seed.
#pragma once

#include <cerrno>
#include <iterator>

#include "tests/simulation/simulation.h"

namespace jaild::simulation {

class Simulation::Faults final : public host::sim::FaultPlan {
 public:
  explicit Faults(std::mt19937_64& random) : random_(random) {}  // the simulation's, outlives this

  void set_quiet(bool quiet) { quiet_ = quiet; }
  [[nodiscard]] bool quiet() const { return quiet_; }

  host::sim::OpFault on_op(const host::Op& op) override {
    host::sim::OpFault fault;
    if (quiet_) return fault;
    fault.before = std::chrono::microseconds(draw(20'000));
    fault.after = std::chrono::microseconds(draw(20'000));
    if (draw(100) < 3) fault.hang = std::chrono::seconds(1 + draw(30));
    const bool may_fail = !std::holds_alternative<core::CloseMonitor>(op.what);
    if (may_fail && draw(100) < 5) {
      const int errors[] = {EIO, EBUSY, ENOMEM, EPERM, EAGAIN};
      fault.error = errors[draw(std::size(errors))];
      fault.done_nevertheless = draw(100) < 20;
    }
    return fault;
  }

  host::sim::EventFault on_event(const host::Event&) override {
    host::sim::EventFault fault;
    if (quiet_) return fault;
    fault.delay = std::chrono::milliseconds(draw(500));
    if (draw(100) < 5) fault.copies = 0;
    if (draw(100) < 5) fault.copies = 2;
    return fault;
  }

  int on_rule(const std::string&, const RctlRule&) override { return !quiet_ && draw(100) < 3 ? EINVAL : 0; }
  int on_query(host::sim::Query) override { return !quiet_ && draw(100) < 5 ? EIO : 0; }

 private:
  std::uint64_t draw(std::uint64_t bound) { return random_() % bound; }

  std::mt19937_64& random_;
  bool quiet_ = false;
};

}  // namespace jaild::simulation
