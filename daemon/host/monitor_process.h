// The process behind a monitor's socket, which is known before the monitor has said a word: one that is stopped never
// does.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "daemon/host/monitor_start.h"

namespace jaild::host {

// Who listens at the other end of `socket`, a connection to the monitor of `run`; 0 when that process is not that
// monitor, as with monitors of an earlier jaild, which listened before they forked. As long as the connection does not
// end the number is nobody else's.
[[nodiscard]] pid_t monitor_process(int socket, const MonitorPaths& paths, std::uint64_t run);

}  // namespace jaild::host
