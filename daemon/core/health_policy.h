// What the results of health checks mean: tell it each result, get whether the jail is ready and whether to restart it.
// Pure; one object a run.
#pragma once

#include <chrono>

#include "api/contract/jail_spec.h"

namespace jaild::core {

class HealthPolicy {
 public:
  struct Verdict {
    bool ready = false;
    bool restart = false;
  };

  // `since_start`: how long the jail has been up. Failures within start_period do not count.
  Verdict feed(const HealthSettings& settings, bool ok, std::chrono::nanoseconds since_start);

 private:
  int failures_ = 0;   // in a row
  int successes_ = 0;  // in a row
  bool ready_ = false;
};

}  // namespace jaild::core
