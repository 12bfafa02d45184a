// What the kernel model saw that an oracle wants to know of: breaches of jaild's promises, and calls that came too
// late.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "daemon/host/sim/timeline.h"

namespace jaild::host::sim {

// Who makes a kernel call: jaild through SimHost, or somebody by hand.
enum class Actor { jaild, other };

enum class Finding {
  process_without_limits,  // P3: a process came into a jail before all its rules and its cpuset were in force
  moment_without_limit,    // R8.5: a change of rules left a limited resource without any rule
  stale_call,              // R9.3: planned for a jail that is gone or was replaced; dropped, so no breach by itself
  call_on_dying_jail,      // R1.2: attach or modify with the jid of a dying jail
  foreign_touched,         // P6: jaild changed or removed what it did not make
  every_device_visible,    // R10.1: devfs mounted with a ruleset that has no rules
  alias_set_anew,          // freebsd-kernel.md, trap 26: an address that was there was taken away and added again
  forced_under_a_jail,     // a forced unmount while processes of the jail lived
};

struct Observation {
  Finding finding;
  Moment at;
  std::string subject;  // the jail, mount point or interface
  std::string detail;
};

// The first `kept` observations; `count` goes on.
class Observations {
 public:
  static constexpr std::size_t kept = 10'000;

  void add(Observation seen) {
    ++count_;
    if (seen_.size() < kept) seen_.push_back(std::move(seen));
  }
  void clear() { *this = {}; }
  [[nodiscard]] const std::vector<Observation>& all() const { return seen_; }
  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] std::size_t count(Finding finding) const {
    std::size_t found = 0;
    for (const Observation& each : seen_) found += each.finding == finding ? 1 : 0;
    return found;
  }

 private:
  std::vector<Observation> seen_;
  std::size_t count_ = 0;
};

}  // namespace jaild::host::sim
