// What a lifecycle may ask of the supervisor that owns it. Loop only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/core/action.h"
#include "daemon/core/clock.h"
#include "daemon/core/host_ways.h"
#include "daemon/core/steps.h"

namespace jaild::core {

class Lifecycle;

class Context {
 public:
  virtual ~Context() = default;

  [[nodiscard]] virtual Now now() const = 0;
  [[nodiscard]] virtual const Timeouts& timeouts() const = 0;
  [[nodiscard]] virtual const std::string& boot_id() const = 0;
  [[nodiscard]] virtual const HostWays& host_ways() const = 0;
  virtual double jitter() = 0;  // in [-1, 1]
  virtual std::uint64_t next_run() = 0;
  virtual std::uint64_t next_revision() = 0;  // never the same twice while the daemon lives

  virtual OpId perform(Lifecycle& jail, decltype(Op::what) what) = 0;
  virtual CommitId commit(Lifecycle& jail, std::vector<Mutation> mutations) = 0;
  // A fact that is true whatever becomes of the disk: it acts and is logged at once, joins the next commit of anything,
  // and is an event with a number from then on.
  virtual void publish(EventType type, const std::string& jail, std::string message,
                       std::map<std::string, std::string> data = {}) = 0;

  // Tells those who follow just now that a step begins or is over; not an event that is kept.
  virtual void show_step(const std::string& jail, StepReport step) = 0;

  // Why `jail` cannot start now, in words: a dependency, no free slot, the host goes down. nullopt: it may, and then it
  // holds a start slot until it leaves `starting`.
  virtual std::optional<std::string> start_hindrance(Lifecycle& jail) = 0;
  // Why `jail` cannot be stopped now: dependants that still run.
  virtual std::optional<std::string> stop_hindrance(const Lifecycle& jail) = 0;

  // `jail` needs evaluate() at this time.
  virtual void wake_at(Lifecycle& jail, MonoTime when) = 0;
  // The state of `jail` changed: its neighbours in the graph have to be looked at again.
  virtual void changed(Lifecycle& jail) = 0;
};

}  // namespace jaild::core
