// One simulated world from one seed: the production core, engine and store on the model of FreeBSD, on virtual time,
// and an administrator who does everything that administrators do. An oracle looks after every step.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "daemon/host/sim/by_hand.h"
#include "daemon/host/sim/faults.h"
#include "daemon/host/sim/kernel.h"
#include "daemon/host/sim/sim_host.h"
#include "daemon/runtime/engine.h"
#include "tests/simulation/oracle.h"
#include "tests/simulation/traced_host.h"
#include "tests/simulation/virtual_loop.h"
#include "tests/simulation/world_store.h"

namespace jaild::simulation {

enum class StoreKind { by_seed, memory, sqlite };  // by_seed: SQLite for one seed of `sqlite_share`
constexpr std::uint64_t sqlite_share = 64;

struct Options {
  std::uint64_t seed = 1;
  std::size_t steps = 500;  // with faults; then the world comes to rest
  int jails = 6;
  StoreKind store = StoreKind::by_seed;
  bool verbose = false;  // prints every deed and event
};

// A step is one input taken by the core, with all its actions carried out and the oracle's look after it.
class Simulation final : private runtime::EngineObserver {
 public:
  explicit Simulation(Options options);
  ~Simulation() override;

  // Runs to the end. nullopt: every promise held; else the first that did not, in words.
  std::optional<std::string> run();
  [[nodiscard]] std::size_t steps() const { return steps_; }

 private:
  class Faults;

  // ---- the world's life (simulation.cpp)
  void start_daemon();
  void kill_daemon();
  void reboot();
  bool step();
  void settle();
  void come_to_rest();
  void run_for(std::chrono::seconds span);
  void meddle_without_faults();
  void shut_down();
  void look_at_quiet();
  [[nodiscard]] bool is_broken() const { return oracle_.verdict().has_value(); }
  [[nodiscard]] core::Now now() const;

  // ---- deeds (deeds.cpp)
  void deed();
  void write();
  void meddle();
  void meddle_with_jail(const std::string& name);
  void meddle_with_limits(const std::string& name);
  void meddle_with_others(const std::string& name);
  std::string new_root();
  void disturb();
  JailSpec random_spec(const std::string& name);
  void random_hooks(JailSpec& spec);
  void request(ChangeRequest asked);
  void write_set();

  // Portable: the standard's distributions differ between libraries, and a seed must not.
  std::uint64_t draw(std::uint64_t bound) { return random_() % bound; }
  bool chance(std::uint64_t percent) { return draw(100) < percent; }
  std::string some_jail() { return "j" + std::to_string(draw(static_cast<std::uint64_t>(options_.jails))); }
  template <class... Parts>
  void say(const Parts&... parts) const {
    if (options_.verbose) print((std::string() + ... + parts));
  }
  void print(const std::string& line) const;

  void on_fact(const JailEvent& fact) override;
  void on_event(const JailEvent& event) override { oracle_.told(event); }
  void on_operation(std::string_view, bool, std::chrono::nanoseconds) override {}
  void on_commit(const Result<void>&, std::chrono::nanoseconds) override {}
  void on_input(const runtime::Culprit&, std::chrono::nanoseconds) override { ++steps_; }

  const Options options_;
  std::mt19937_64 random_;
  std::shared_ptr<host::sim::VirtualTimeline> timeline_ = std::make_shared<host::sim::VirtualTimeline>();
  std::shared_ptr<host::sim::SimKernel> kernel_;
  Oracle oracle_;
  std::unique_ptr<WorldStore> store_;
  std::shared_ptr<Faults> faults_;
  std::unique_ptr<VirtualLoop> loop_;
  std::unique_ptr<host::sim::SimHost> host_;
  std::unique_ptr<TracedHost> traced_;
  std::unique_ptr<runtime::Engine> engine_;
  std::uint64_t last_request_ = 0;
  int last_root_ = 0;
  std::size_t steps_ = 0;
};

}  // namespace jaild::simulation
