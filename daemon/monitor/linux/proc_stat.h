// /proc/PID/stat.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string_view>

#include "daemon/monitor/process_tree.h"

namespace jaild::monitor {

// Pure. The command's name may hold blanks and parentheses; the last ')' ends it.
std::optional<Process> parse_proc_stat(std::string_view text);

std::optional<Process> read_proc_stat(pid_t pid);

}  // namespace jaild::monitor
