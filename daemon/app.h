// Builds every part of the daemon, owns them all, decides nothing.
#pragma once

#include <functional>
#include <memory>

#include "daemon/host/host.h"
#include "daemon/options.h"

namespace jaild {

// What stands between jaild and its host: nothing in production. Tests put a host there that dies at a chosen moment.
using WrapHost = std::function<std::unique_ptr<host::Host>(std::unique_ptr<host::Host>)>;

// Runs until SIGTERM or SIGINT; jails run on. Returns the exit code: 0, or 1 with the reason in the log.
int run_daemon(const DaemonOptions& options, const WrapHost& wrap_host);

// --check: says on standard output that all is right and returns 0, or what is wrong on standard error and returns 2.
// Touches nothing.
int check_options(const DaemonOptions& options);

}  // namespace jaild
