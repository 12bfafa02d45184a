#include "daemon/monitor/freebsd/processes.h"

#include <sys/param.h>  // before the others, which use its types

#include <sys/procctl.h>
#include <sys/sysctl.h>
#include <sys/user.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <map>

namespace jaild::monitor {
namespace {

// The list may grow between asking for its size and reading it; after these tries the host is forking faster than we
// read.
constexpr int tries_max = 8;

std::vector<kinfo_proc> read_processes(std::array<int, 4> mib, unsigned depth) {
  std::vector<kinfo_proc> list;
  for (int i = 0; i < tries_max; ++i) {
    std::size_t size = 0;
    if (::sysctl(mib.data(), depth, nullptr, &size, nullptr, 0) != 0) break;
    list.resize(size / sizeof(kinfo_proc) + 64);
    size = list.size() * sizeof(kinfo_proc);
    if (::sysctl(mib.data(), depth, list.data(), &size, nullptr, 0) == 0) {
      list.resize(size / sizeof(kinfo_proc));
      return list;
    }
    if (errno != ENOMEM) break;
  }
  list.clear();
  return list;
}

std::vector<kinfo_proc> read_all() {
  return read_processes({CTL_KERN, KERN_PROC, KERN_PROC_PROC, 0}, 3);
}

std::uint64_t start_time_of(const kinfo_proc& entry) {
  constexpr std::uint64_t million = 1'000'000;
  return static_cast<std::uint64_t>(entry.ki_start.tv_sec) * million +
         static_cast<std::uint64_t>(entry.ki_start.tv_usec);
}

// Every process that descends from us, and from which child of ours. That child's pid is not given to another process
// as long as one of its descendants lives.
std::map<pid_t, pid_t> descendants() {
  procctl_reaper_status status{};
  if (::procctl(P_PID, ::getpid(), PROC_REAP_STATUS, &status) != 0) return {};
  std::vector<procctl_reaper_pidinfo> list(status.rs_descendants + 64);
  procctl_reaper_pids request{};
  request.rp_count = static_cast<u_int>(list.size());
  request.rp_pids = list.data();
  if (::procctl(P_PID, ::getpid(), PROC_REAP_GETPIDS, &request) != 0) return {};
  std::map<pid_t, pid_t> origins;
  for (const procctl_reaper_pidinfo& entry : list) {
    if ((entry.pi_flags & REAPER_PIDINFO_VALID) == 0) break;
    origins.emplace(entry.pi_pid, entry.pi_subtree);
  }
  return origins;
}

}  // namespace

std::vector<pid_t> own_children() {
  return {};
}

bool kill_tree(pid_t root) {
  procctl_reaper_kill order{};
  order.rk_sig = SIGKILL;
  order.rk_flags = REAPER_KILL_SUBTREE;
  order.rk_subtree = root;
  return ::procctl(P_PID, ::getpid(), PROC_REAP_KILL, &order) == 0;
}

// The kernel has no descriptor for a process that is not our child: a look and the signal right after it.
void signal_process(pid_t pid, std::uint64_t start_time, int signal) {
  const auto present = read_processes({CTL_KERN, KERN_PROC, KERN_PROC_PID, pid}, 4);
  if (!present.empty() && present.front().ki_pid == pid && start_time_of(present.front()) == start_time) {
    ::kill(pid, signal);
  }
}

std::vector<Process> all_processes() {
  const auto origins = descendants();
  std::vector<Process> processes;
  for (const kinfo_proc& entry : read_all()) {
    const auto origin = origins.find(entry.ki_pid);
    processes.push_back({entry.ki_pid, entry.ki_ppid, entry.ki_sid, start_time_of(entry), entry.ki_stat == SZOMB,
                         origin == origins.end() ? 0 : origin->second});
  }
  return processes;
}

std::vector<pid_t> processes_in_jail(int jid) {
  std::vector<pid_t> pids;
  for (const kinfo_proc& entry : read_all()) {
    if (entry.ki_jid == jid && entry.ki_stat != SZOMB) pids.push_back(entry.ki_pid);
  }
  return pids;
}

std::optional<int> jail_of(pid_t pid) {
  const auto found = read_processes({CTL_KERN, KERN_PROC, KERN_PROC_PID, pid}, 4);
  if (found.empty() || found.front().ki_pid != pid) return std::nullopt;
  return found.front().ki_jid;
}

}  // namespace jaild::monitor
