// The host that this program was built for, or the one that was asked for.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "api/contract/result.h"
#include "daemon/host/host.h"

namespace jaild::host {

struct HostOptions {
  std::string name;     // "freebsd", "linux", "sim"; "": the platform's own
  std::string run_dir;  // absolute, as are the others; sim uses none of them
  std::string state_dir;
  std::string log_dir;
  std::string monitor_path;                   // the program jaild-monitor
  std::vector<std::string> environment = {};  // MonitorPaths
  std::uint64_t log_rate = 0;                 // MonitorPaths
};

// Whether this process may serve the host of this name ("": the platform's own), before anything is made or opened for
// it. Kind::host_refused: real jails need root.
Result<void> check_rights(const std::string& name);

// Kind::invalid: no such host in this build. Kind::host_refused: this machine cannot be one, or we are not root.
Result<std::unique_ptr<Host>> make_host(const HostOptions& options);

}  // namespace jaild::host
