// Starting the program jaild-monitor and reaching one that runs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "api/contract/result.h"
#include "daemon/core/resource.h"
#include "daemon/host/unique_fd.h"

namespace jaild::host {

// Where monitors keep what they keep; all absolute. monitor_path: the program. log_rate: what each may
// write into its log, bytes a second; 0: as it likes to.
struct MonitorPaths {
  std::string run_dir;
  std::string state_dir;
  std::string log_dir;
  std::string monitor_path;
  // "NAME=value": with hello it goes to every monitor, for its commands. A monitor's own is empty.
  std::vector<std::string> environment{};
  std::uint64_t log_rate = 0;
};

[[nodiscard]] std::string monitor_socket(const MonitorPaths& paths, std::uint64_t run);
[[nodiscard]] std::string exit_record(const MonitorPaths& paths, std::uint64_t run);

// The runs that have a socket, whether anyone listens or not.
[[nodiscard]] std::vector<std::uint64_t> monitor_runs(const MonitorPaths& paths);

// Returns when it listens; success too when one of this run did already. Host pool only: waits up to 60 s, then ends
// what it started.
Result<void> start_monitor(const MonitorPaths& paths, const core::JailKey& key);

// Kind::not_found: nobody listens any more.
Result<UniqueFd> connect_monitor(const MonitorPaths& paths, std::uint64_t run);

}  // namespace jaild::host
