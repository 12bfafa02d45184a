// One tcp or http health check. An interface, so that tests and the simulation decide what answers.
#pragma once

#include <functional>

#include "api/contract/jail_spec.h"
#include "api/contract/result.h"

namespace jaild::runtime {

class Prober {
 public:
  virtual ~Prober() = default;
  // `done` comes once, on the loop, within settings.timeout; an error says in words why the check failed. Not for exec.
  virtual void probe(const HealthSettings& settings, std::function<void(Result<void>)> done) = 0;
};

}  // namespace jaild::runtime
