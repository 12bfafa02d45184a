// The default seeds: what ./dev test runs under each sanitizer. ./dev sim runs more.
#include "tests/simulation/simulation.h"

#include <gtest/gtest.h>

namespace jaild::simulation {
namespace {

TEST(Simulation, EveryPromiseHoldsForTheDefaultSeeds) {
  Options options;
  for (options.seed = 1; options.seed <= 60; ++options.seed) {
    const auto broken = Simulation(options).run();
    EXPECT_FALSE(broken) << "seed " << options.seed << ": " << broken.value_or("");
  }
}

}  // namespace
}  // namespace jaild::simulation
