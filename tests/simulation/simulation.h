// One simulated world from one seed: the production core and engine on the model of FreeBSD, a store that can fail, and
// an administrator who does everything that administrators do. An oracle looks after every step.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "daemon/host/sim/by_hand.h"
#include "daemon/host/sim/faults.h"
#include "daemon/host/sim/kernel.h"
#include "daemon/host/sim/sim_host.h"
#include "daemon/runtime/engine.h"
#include "tests/fakes/memory_store.h"
#include "tests/simulation/virtual_loop.h"

namespace jaild::simulation {

struct Options {
  std::uint64_t seed = 1;
  std::size_t steps = 500;  // callbacks of the world
  int jails = 6;
  bool verbose = false;  // prints every deed and event
};

class Simulation final : private runtime::EngineObserver {
 public:
  explicit Simulation(Options options);
  ~Simulation() override;

  // Runs to the end. nullopt: every promise held; else the first that did not, in words.
  std::optional<std::string> run();

 private:
  class Faults;

  // ---- the world's life
  void start_daemon();
  void kill_daemon();
  void reboot();
  bool step();
  void settle();

  // ---- deeds
  void deed();
  void write();
  void meddle();
  void disturb();
  JailSpec random_spec(const std::string& name);
  void request(Write write);
  void acknowledge(const Write& write, const WriteReply& reply);

  // ---- the oracle
  void look();
  void look_at_findings();
  void look_at_acknowledged();
  void look_at_agreement();
  void look_at_quiet();
  void broken(const std::string& promise);

  // Portable: the standard's distributions differ between libraries, and a seed must not.
  std::uint64_t draw(std::uint64_t bound) { return random_() % bound; }
  bool chance(std::uint64_t percent) { return draw(100) < percent; }
  std::string some_jail() { return "j" + std::to_string(draw(static_cast<std::uint64_t>(options_.jails))); }
  void say(const std::string& line) const;

  void on_event(const JailEvent& event) override {
    say("  event " + event.type + " " + event.jail + ": " + event.message);
  }
  void on_operation(std::string_view, bool, std::chrono::nanoseconds) override {}
  void on_commit(bool, std::chrono::nanoseconds) override {}
  void on_input(std::chrono::nanoseconds) override {}

  const Options options_;
  std::mt19937_64 random_;
  std::shared_ptr<host::sim::VirtualTimeline> timeline_ = std::make_shared<host::sim::VirtualTimeline>();
  std::shared_ptr<host::sim::SimKernel> kernel_;
  store::MemoryStore store_;
  std::shared_ptr<Faults> faults_;
  std::unique_ptr<VirtualLoop> loop_;
  std::unique_ptr<host::sim::SimHost> host_;
  std::unique_ptr<runtime::Engine> engine_;

  // What was answered 2xx: P1 says it is there after any crash. Absent: deleted.
  struct Known {
    std::uint64_t generation = 0;
    std::optional<Desired> desired;  // nullopt: a write that may carry it along was under way when the daemon died
  };
  std::map<std::string, Known> acknowledged_;
  std::set<std::string> uncertain_;  // a request about it was under way when the daemon died
  std::map<std::uint64_t, std::string> under_way_;
  std::uint64_t last_request_ = 0;
  std::size_t findings_seen_ = 0;
  std::optional<std::string> broken_;
};

}  // namespace jaild::simulation
