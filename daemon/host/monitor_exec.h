// ExecSession over a jail's monitor: the monitor starts the command and tells how it ended; the bytes go between the
// command's own pipes, or its terminal, and jaild, without passing through the monitor.
#pragma once

#include <boost/asio/io_context.hpp>

#include "daemon/core/resource.h"
#include "daemon/host/exec.h"
#include "daemon/host/monitor_link.h"

namespace jaild::host {

// Any thread, returns at once. `link` and `io`, the one it runs on, outlive the session.
void exec_by_monitor(boost::asio::io_context& io, MonitorLink& link, const core::JailKey& key, ExecRequest request,
                     ExecStarted done);

}  // namespace jaild::host
