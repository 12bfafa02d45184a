// The operations that a jail's monitor carries out: its answer completes them.
#pragma once

#include <functional>

#include "daemon/core/operation.h"
#include "daemon/host/monitor_link.h"

namespace jaild::host {

// Owner: the host, as of the link. Every function returns at once and calls `done` exactly once, on the link's thread.
class MonitorCommands {
 public:
  using Done = std::function<void(Result<core::Reply>)>;

  explicit MonitorCommands(MonitorLink& link) : link_(link) {}

  void run(const core::Run& op, Done done);
  void cancel(const core::Cancel& op, Done done);
  void start_main(const core::StartMain& op, Done done);
  void terminate(const core::Terminate& op, Done done);

 private:
  MonitorLink& link_;
};

}  // namespace jaild::host
