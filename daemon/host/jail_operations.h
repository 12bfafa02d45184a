// What a kernel does for one jail: the operations of daemon/core/operation.h that are not its monitor's.
#pragma once

#include <functional>

#include "api/contract/result.h"
#include "daemon/core/operation.h"

namespace jaild::host {

// Called on the host pool, where they may block; for one jail one at a time.
class JailOperations {
 public:
  using Done = std::function<void(Result<core::Reply>)>;

  virtual ~JailOperations() = default;

  virtual Result<core::Resolved> resolve(const core::Resolve& op) = 0;
  // With a jid the new monitor takes the jail over, so that commands can run in it.
  virtual Result<void> open_monitor(const core::OpenMonitor& op) = 0;
  virtual Result<core::LedgerEntry> acquire(const core::Acquire& op) = 0;
  virtual Result<void> release(const core::Release& op) = 0;
  // Calls `done` exactly once, on any thread: where the monitor makes the jail, its answer completes it.
  virtual void create(const core::Create& op, Done done) = 0;
  virtual Result<void> remove(const core::Remove& op) = 0;
  virtual Result<core::OtherRules> set_rules(const core::SetRules& op) = 0;
  virtual Result<void> set_cpuset(const core::SetCpuset& op) = 0;
  virtual Result<void> set_params(const core::SetParams& op) = 0;
};

}  // namespace jaild::host
