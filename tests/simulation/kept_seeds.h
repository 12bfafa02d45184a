// Seeds that once found a bug, each with a sentence about what it was; simulation_test runs them all. What a seed does
// changes with the simulation, so each bug has a test of its own beside it that says the same by name.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "tests/simulation/simulation.h"

namespace jaild::simulation {

struct KeptSeed {
  std::uint64_t seed;
  std::size_t steps;
  const char* bug;
  StoreKind store = StoreKind::by_seed;
  int jails = Options{}.jails;
};

constexpr std::array kept_seeds{
    KeptSeed{11, 500, "a host boot whose record did not reach the disk was taken for a new boot and lost wishes"},
    KeptSeed{6, 500, "after a host boot a foreign jail with the name and jid of an old run was removed"},
    KeptSeed{8, 500, "a stop that the full disk refused to forget was told as an event every second"},
    KeptSeed{45, 500,
             "a shutdown heard twice ended with the time of the first, and jails started while the host went down"},
    KeptSeed{80, 500, "the spec of an adopted jail held its jid, and the next jaild could not read it from SQLite",
             StoreKind::sqlite},
    KeptSeed{714, 800, "file systems were forced away under a jail that could not be removed"},
    KeptSeed{663, 500, "a jail whose stop had just opened a new monitor was adopted without its command"},
    KeptSeed{713, 500, "after a restart of jaild a jail stopped before dependants that were not yet back"},
    KeptSeed{2444, 500, "a run that the full disk refused to forget lost the delay of its next start"},
    KeptSeed{2530, 500, "a monitor opened for the hooks after a host boot made a foreign jail ours"},
    KeptSeed{5675, 500, "a jail was looked at for its next start while its deletion was on the way to the disk"},
    KeptSeed{6341, 500, "a mount that stayed busy shortened the delay of the next start"},
    KeptSeed{2115, 500,
             "jails started before the boot was on the disk, and the next jaild forgot their delays with it"},
    KeptSeed{4756, 500, "a jail was allowed to start on a dependency that ended in the same moment"},
    KeptSeed{5007785, 700,
             "a stop that waited for a dependant waited on when that one's new spec needed the jail no more",
             StoreKind::memory, 14},
};

}  // namespace jaild::simulation
