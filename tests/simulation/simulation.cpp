#include "tests/simulation/simulation.h"

#include <cstdio>

#include "tests/simulation/faults.h"

namespace jaild::simulation {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// After the last fault, all delays together: a start may wait for its backoff (at most 60 s here), a dependency for its
// own, a shutdown that did not happen for its end.
constexpr std::chrono::hours convergence_max{6};
// So long at least, so that what goes round by itself goes round often enough to be seen.
constexpr minutes settling_min{16};
constexpr seconds shutdown_budget{75};
// A seed takes some 800 steps. What takes this many goes round without a delay.
constexpr std::size_t steps_max = 100'000;

std::unique_ptr<WorldStore> make_store(const Options& options, std::mt19937_64& random, WorldStore::Durable durable) {
  const bool sqlite =
      options.store == StoreKind::sqlite || (options.store == StoreKind::by_seed && options.seed % sqlite_share == 0);
  return sqlite ? sqlite_world_store(random, std::move(durable)) : memory_world_store(random, std::move(durable));
}

}  // namespace

Simulation::Simulation(Options options)
    : options_(options),
      random_(options.seed),
      kernel_(std::make_shared<host::sim::SimKernel>(*timeline_, host::sim::KernelOptions{})),
      oracle_(*kernel_),
      store_(make_store(options_, random_, [this](const auto& mutations) { oracle_.durable(mutations); })),
      faults_(std::make_shared<Faults>(random_)) {
  for (int i = 0; i < options_.jails; ++i) kernel_->paths.add("/jail/j" + std::to_string(i));
  kernel_->paths.add("/src");
  kernel_->network.add_interface("em0");
  kernel_->programs.set("crash", {seconds{40}, 3, 0, 0, 1, 0, false, false, false, {}, nullptr});
  kernel_->programs.set("stubborn", {std::nullopt, 0, 0, 1, 1, 0, true, false, false, {}, nullptr});
  kernel_->programs.set("linger", {seconds{30}, 0, 0, 0, 1, 0, false, false, false, seconds{60}, nullptr});
  kernel_->programs.set("slow hook", {seconds{20}, 0, 0, 0, 1, 0, false, false, false, {}, nullptr});
}

Simulation::~Simulation() {
  kill_daemon();
}

core::Now Simulation::now() const {
  return {timeline_->now().time_since_epoch(), timeline_->wall_now()};
}

void Simulation::print(const std::string& line) const {
  std::printf("%8.3f %s\n", std::chrono::duration<double>(timeline_->now().time_since_epoch()).count(), line.c_str());
}

void Simulation::on_fact(const JailEvent& fact) {
  say("  event ", std::string(to_string(fact.type)), " ", fact.jail, ": ", fact.message);
  oracle_.happened(fact, now());
}

// ---- the world's life
// -------------------------------------------------------------------------------------------------

// A daemon that cannot load or whose first look at the kernel fails ends, and rc.d starts it again: so not here.
void Simulation::start_daemon() {
  say("jaild starts");
  loop_ = std::make_unique<VirtualLoop>(*timeline_);
  host_ = std::make_unique<host::sim::SimHost>(timeline_, kernel_, faults_);
  traced_ = std::make_unique<TracedHost>(*host_, oracle_);
  engine_ = std::make_unique<runtime::Engine>(
      *loop_, *traced_, *store_,
      core::SupervisorOptions{
          {seconds{60}, seconds{30}}, parallel_starts, kernel_->boot_id(), options_.seed, {}, {}, 2});
  engine_->set_observer(this);
  const bool quiet = faults_->quiet();
  faults_->set_quiet(true);
  const auto loaded = store_->load();
  if (!loaded) {
    oracle_.broken("the store does not load: " + loaded.error().message);
    return;
  }
  oracle_.daemon_starts(engine_->supervisor(), *loaded);
  if (auto started = engine_->start(); !started) oracle_.broken("jaild does not start: " + started.error().message);
  oracle_.daemon_started(*loaded);
  faults_->set_quiet(quiet);
}

void Simulation::kill_daemon() {
  if (!engine_) return;
  say("jaild is killed");
  oracle_.daemon_gone();
  engine_.reset();
  traced_.reset();
  host_.reset();
  loop_.reset();
  store_->crash();
}

void Simulation::reboot() {
  kill_daemon();
  say("the host reboots");
  kernel_->reboot();
  oracle_.host_rebooted();
}

bool Simulation::step() {
  const bool moved = timeline_->step();
  while (engine_ && store_->waiting() > 0 && chance(80)) store_->deliver();
  oracle_.look();
  return moved && !is_broken();
}

std::optional<std::string> Simulation::run() {
  start_daemon();
  for (std::size_t i = 0; i < options_.steps && !is_broken(); ++i) {
    if (chance(25)) deed();
    step();
  }
  settle();
  return oracle_.verdict();
}

void Simulation::settle() {
  say("faults stop");
  faults_->set_quiet(true);
  store_->heal();
  if (engine_ && oracle_.going_down()) reboot();  // and it does
  if (host_) host_->let_go();
  if (!engine_) start_daemon();
  come_to_rest();
  meddle_without_faults();
  come_to_rest();
  if (!is_broken() && oracle_.at_rest()) look_at_quiet();
  if (!is_broken()) shut_down();
}

void Simulation::run_for(seconds span) {
  const auto until = timeline_->now() + span;
  while (!is_broken() && timeline_->next() && *timeline_->next() <= until) {
    timeline_->step();
    while (store_->deliver()) {
    }
    oracle_.look();
    if (steps_ > steps_max + options_.steps) oracle_.broken("P8 " + std::to_string(steps_) + " steps, and no end");
  }
  if (!is_broken()) timeline_->run_until(until);
}

// P7: wish and kernel agree within a bounded time.
void Simulation::come_to_rest() {
  const auto end = timeline_->now() + convergence_max;
  std::string complaint = "has not settled";
  run_for(settling_min);
  while (!is_broken() && !complaint.empty() && timeline_->now() < end) {
    run_for(minutes{1});
    const auto survey = host_->survey();
    if (survey) complaint = oracle_.disagreement(*survey);
  }
  if (!complaint.empty()) oracle_.broken(complaint);
}

void Simulation::meddle_without_faults() {
  for (int i = 0; i < options_.jails && !is_broken(); ++i) {
    const auto name = "j" + std::to_string(i);
    chance(60) ? meddle_with_limits(name) : meddle_with_jail(name);
  }
}

// R6.6, P5: at the end the host goes down, and nothing is left of any jail.
void Simulation::shut_down() {
  say("the host goes down");
  oracle_.host_goes_down(shutdown_budget);
  engine_->shut_down_jails(shutdown_budget, [](bool) {});
  run_for(minutes{10});
  for (const auto& [name, jail] : engine_->supervisor().jails()) {
    if (jail->has_run()) oracle_.broken("R6.6 " + name + " is not down");
  }
}

// P7: a pass over an agreed state writes nothing.
void Simulation::look_at_quiet() {
  const auto changes = kernel_->changes_by_jaild();
  const auto commits = store_->commits();
  timeline_->run_for(seconds{200});
  if (kernel_->changes_by_jaild() != changes) oracle_.broken("P7 a sweep over an agreed state changed the kernel");
  if (store_->commits() != commits || store_->waiting() > 0)
    oracle_.broken("P7 a sweep over an agreed state wrote to the store");
}

}  // namespace jaild::simulation
