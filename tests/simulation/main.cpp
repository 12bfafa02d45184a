// jaild-sim: runs seeds until one breaks a promise. A failure prints the one command that replays it.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>

#include "tests/simulation/simulation.h"

int main(int argc, char** argv) {
  std::uint64_t first = 1;
  std::uint64_t seeds = 100;
  jaild::simulation::Options options;
  CLI::App app{"jaild-sim: the production core, engine and store on a simulated FreeBSD"};
  app.add_option("--first-seed", first, "the first seed")->capture_default_str();
  app.add_option("--seeds", seeds, "how many seeds")->capture_default_str();
  app.add_option("--steps", options.steps, "steps a seed")->capture_default_str();
  app.add_option("--jails", options.jails, "jails")->check(CLI::Range(1, 20))->capture_default_str();
  app.add_flag("--verbose", options.verbose, "print every deed");
  CLI11_PARSE(app, argc, argv);

  const auto began = std::chrono::steady_clock::now();
  std::uint64_t failed = 0;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    options.seed = seed;
    if (const auto broken = jaild::simulation::Simulation(options).run()) {
      ++failed;
      std::printf("seed %llu: %s\n  replay: ./dev sim --first-seed %llu --seeds 1 --steps %zu --jails %d --verbose\n",
                  static_cast<unsigned long long>(seed), broken->c_str(), static_cast<unsigned long long>(seed),
                  options.steps, options.jails);
      if (failed == 10) break;
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf("%llu seeds, %llu failed, %.1f s\n", static_cast<unsigned long long>(seeds),
              static_cast<unsigned long long>(failed), took.count());
  return failed == 0 ? 0 : 1;
}
