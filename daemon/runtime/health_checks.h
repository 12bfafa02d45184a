// Runs the health checks of the jails that have one, and tells the engine what they mean. Loop thread only.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "daemon/core/health_policy.h"
#include "daemon/runtime/engine.h"
#include "daemon/runtime/prober.h"

namespace jaild::runtime {

class HealthChecks {
 public:
  HealthChecks(Loop& loop, Engine& engine, Prober& prober);  // all outlive this

  // Told of all that happens, at once: a jail that comes up begins to be checked, one that goes down is checked no
  // more. Settings are read anew before each check, so a change of the spec holds from the next one on.
  void on_event(const JailEvent& event);

 private:
  struct Check {
    core::JailKey key;
    core::HealthPolicy policy;
  };

  void begin(const std::string& name);
  void schedule(const core::JailKey& key, std::chrono::nanoseconds delay);
  void run(const core::JailKey& key);
  void conclude(const core::JailKey& key, const HealthSettings& settings, const Result<void>& result);
  [[nodiscard]] const core::Lifecycle* current(const core::JailKey& key) const;

  Loop& loop_;
  Engine& engine_;
  Prober& prober_;
  std::map<std::string, Check> checks_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace jaild::runtime
