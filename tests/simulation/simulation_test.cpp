// The default seeds and those that once found something: what ./dev test runs under each sanitizer. ./dev sim runs
// more.
#include "tests/simulation/simulation.h"

#include <gtest/gtest.h>

#include "tests/simulation/kept_seeds.h"

namespace jaild::simulation {
namespace {

TEST(Simulation, EveryPromiseHoldsForTheDefaultSeeds) {
  Options options;
  for (options.seed = 1; options.seed <= 60; ++options.seed) {
    const auto broken = Simulation(options).run();
    EXPECT_FALSE(broken) << "seed " << options.seed << ": " << broken.value_or("");
  }
}

TEST(Simulation, TheSeedsThatFoundABugStayClean) {
  for (const auto& kept : kept_seeds) {
    Options options;
    options.seed = kept.seed;
    options.steps = kept.steps;
    options.store = kept.store;
    options.jails = kept.jails;
    const auto broken = Simulation(options).run();
    EXPECT_FALSE(broken) << "seed " << kept.seed << " (" << kept.bug << "): " << broken.value_or("");
  }
}

TEST(Simulation, TheSameSeedTakesTheSameSteps) {
  for (const auto store : {StoreKind::memory, StoreKind::sqlite}) {
    Options options;
    options.seed = 5;
    options.store = store;
    Simulation first(options);
    Simulation second(options);
    EXPECT_EQ(first.run(), second.run());
    EXPECT_EQ(first.steps(), second.steps());
    EXPECT_GT(first.steps(), options.steps / 2);
  }
}

}  // namespace
}  // namespace jaild::simulation
