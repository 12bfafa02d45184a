// What /proc says of one process. A process that is gone gives nullopt or 0; nothing here fails.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "api/contract/jail_status.h"

namespace jaild::host {

struct ProcessStat {
  int pid = 0;
  int ppid = 0;
  char state = '?';
  std::string name;
  double cpu_seconds = 0;
  std::uint64_t start_time = 0;  // clock ticks since boot: with the pid, a process's identity
  std::uint64_t virtual_bytes = 0;
  std::uint64_t resident_bytes = 0;
};

[[nodiscard]] std::optional<ProcessStat> read_stat(int pid);

// Whether `pid` is still the process that began at `start_time`, and not a zombie.
[[nodiscard]] bool is_alive(int pid, std::uint64_t start_time);

[[nodiscard]] std::uint64_t open_files(int pid);

// Seconds since a process began that has this start time.
[[nodiscard]] double age_seconds(std::uint64_t start_time);

[[nodiscard]] std::optional<ProcessInfo> process_info(int pid);

}  // namespace jaild::host
