// The oracle can see: each fault that somebody could have written is found by the simulation within 300 seeds.
#include "daemon/core/deliberate_fault.h"

#include <gtest/gtest.h>

#include <array>

#include "tests/simulation/simulation.h"

namespace jaild::simulation {
namespace {

#ifdef JAILD_DELIBERATE_FAULTS
using core::DeliberateFault;

struct Row {
  DeliberateFault fault;
  const char* name;
};

constexpr std::array table{
    Row{DeliberateFault::rules_after_start, "rules_after_start"},
    Row{DeliberateFault::no_cpuset, "no_cpuset"},
    Row{DeliberateFault::mounts_stay, "mounts_stay"},
    Row{DeliberateFault::rules_stay, "rules_stay"},
    Row{DeliberateFault::no_poststop, "no_poststop"},
    Row{DeliberateFault::mounts_before_removal, "mounts_before_removal"},
    Row{DeliberateFault::failed_start_stays, "failed_start_stays"},
    Row{DeliberateFault::ledger_without_entries, "ledger_without_entries"},
    Row{DeliberateFault::start_before_record, "start_before_record"},
    Row{DeliberateFault::forgotten_before_stop, "forgotten_before_stop"},
    Row{DeliberateFault::deleted_before_stop, "deleted_before_stop"},
    Row{DeliberateFault::answered_before_commit, "answered_before_commit"},
    Row{DeliberateFault::set_in_two_commits, "set_in_two_commits"},
    Row{DeliberateFault::boot_not_recorded, "boot_not_recorded"},
    Row{DeliberateFault::event_told_early, "event_told_early"},
    Row{DeliberateFault::events_unsaved, "events_unsaved"},
    Row{DeliberateFault::delay_reset, "delay_reset"},
    Row{DeliberateFault::no_delay, "no_delay"},
    Row{DeliberateFault::no_limit, "no_limit"},
    Row{DeliberateFault::never_again, "never_again"},
    Row{DeliberateFault::boot_is_failure, "boot_is_failure"},
    Row{DeliberateFault::start_waits, "start_waits"},
    Row{DeliberateFault::dependency_not_awaited, "dependency_not_awaited"},
    Row{DeliberateFault::dependants_overtaken, "dependants_overtaken"},
    Row{DeliberateFault::slots_ignored, "slots_ignored"},
    Row{DeliberateFault::shutdown_forgotten, "shutdown_forgotten"},
    Row{DeliberateFault::exit_lost, "exit_lost"},
    Row{DeliberateFault::gone_ignored, "gone_ignored"},
    Row{DeliberateFault::drift_ignored, "drift_ignored"},
    Row{DeliberateFault::foreign_removed, "foreign_removed"},
    Row{DeliberateFault::adopted_by_name, "adopted_by_name"},
    Row{DeliberateFault::restarted_by_us, "restarted_by_us"},
    Row{DeliberateFault::shown_stale, "shown_stale"},
    Row{DeliberateFault::exit_cuts_start, "exit_cuts_start"},
};

class DeliberateFaults : public testing::TestWithParam<Row> {};

TEST_P(DeliberateFaults, IsFoundWithin300Seeds) {
  core::deliberate_fault = GetParam().fault;
  Options options;
  std::optional<std::string> broken;
  for (options.seed = 1; options.seed <= 300 && !broken; ++options.seed) broken = Simulation(options).run();
  core::deliberate_fault = DeliberateFault::none;
  ASSERT_TRUE(broken);
  RecordProperty("seed", static_cast<int>(options.seed - 1));
  RecordProperty("promise", *broken);
}

INSTANTIATE_TEST_SUITE_P(Table, DeliberateFaults, testing::ValuesIn(table),
                         [](const auto& row) { return row.param.name; });
#else
TEST(DeliberateFaults, AreNotInAReleaseBuild) {
  static_assert(!core::breaks(core::DeliberateFault::rules_after_start));
  SUCCEED();
}
#endif

}  // namespace
}  // namespace jaild::simulation
