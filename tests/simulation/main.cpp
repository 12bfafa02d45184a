// jaild-sim: runs seeds until one breaks a promise. A failure prints the one command that replays it.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <ctime>

#include "tests/simulation/simulation.h"

int main(int argc, char** argv) {
  std::uint64_t first = 1;
  std::uint64_t seeds = 100;
  jaild::simulation::Options options;
  std::string store = "by-seed";
  CLI::App app{"jaild-sim: the production core, engine and store on a simulated FreeBSD"};
  app.add_option("--first-seed", first, "the first seed")->capture_default_str();
  app.add_option("--seeds", seeds, "how many seeds")->capture_default_str();
  app.add_option("--steps", options.steps, "steps a seed")->capture_default_str();
  app.add_option("--jails", options.jails, "jails")->check(CLI::Range(1, 20))->capture_default_str();
  app.add_option("--store", store, "where the daemon keeps its state; by-seed: SQLite for one seed of 64")
      ->check(CLI::IsMember({"by-seed", "memory", "sqlite"}))
      ->capture_default_str();
  app.add_flag("--verbose", options.verbose, "print every deed");
  CLI11_PARSE(app, argc, argv);

  if (store == "memory") options.store = jaild::simulation::StoreKind::memory;
  if (store == "sqlite") options.store = jaild::simulation::StoreKind::sqlite;

  const auto began = std::chrono::steady_clock::now();
  const std::clock_t cpu_began = std::clock();
  std::uint64_t failed = 0;
  std::size_t steps = 0;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    options.seed = seed;
    jaild::simulation::Simulation simulation(options);
    const auto broken = simulation.run();
    steps += simulation.steps();
    if (broken) {
      ++failed;
      std::printf(
          "seed %llu: %s\n  replay: ./dev sim --first-seed %llu --seeds 1 --steps %zu --jails %d --store %s "
          "--verbose\n",
          static_cast<unsigned long long>(seed), broken->c_str(), static_cast<unsigned long long>(seed), options.steps,
          options.jails, store.c_str());
      if (failed == 10) break;
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  // By CPU time: what one core can do is the same on a busy machine.
  const double cpu = static_cast<double>(std::clock() - cpu_began) / CLOCKS_PER_SEC;
  std::printf("%llu seeds, %llu failed, %zu steps, %.1f s, %.0f steps per CPU second\n",
              static_cast<unsigned long long>(seeds), static_cast<unsigned long long>(failed), steps, took.count(),
              static_cast<double>(steps) / cpu);
  return failed == 0 ? 0 : 1;
}
