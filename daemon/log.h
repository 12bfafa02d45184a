// The daemon's log: one line an event, key=value. error = jaild cannot go on; warning = an operator should act; info =
// a state changed; debug = off by default. Safe from any thread.
#pragma once

#include <string>

#include "api/contract/jail_status.h"
#include "api/contract/result.h"
#include "daemon/options.h"

namespace jaild {

// Standard error, or DIR/jaild.log (10 MB, 5 kept), or syslog(3). Once, before the first line.
Result<void> open_log(const DaemonOptions& options);

void log_error(const std::string& message);
void log_warning(const std::string& message);
void log_info(const std::string& message);
void log_event(const JailEvent& event);

// Of a start that fails: also on standard error, where somebody may wait for it who has not looked into the log yet.
void log_start_error(const std::string& message);

// From now on an exception that nobody catches, on whatever thread, is the log's last line before the process ends.
// Jails run on, and rc.d starts the next jaild.
void log_uncaught_exceptions();

// As --log-level says; from any thread.
void set_log_level(const std::string& level);

// A value as it stands behind key=: quoted where it has white space, quotes or control characters.
std::string log_value(const std::string& text);

}  // namespace jaild
