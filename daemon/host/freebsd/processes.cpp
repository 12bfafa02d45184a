#include "daemon/host/freebsd/processes.h"

#include <sys/param.h>  // before the others, which use its types

#include <pwd.h>
#include <sys/event.h>
#include <sys/sysctl.h>
#include <sys/user.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>

#include "daemon/host/freebsd/os_error.h"
#include "daemon/host/unique_fd.h"

namespace jaild::host {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// The list may grow between asking for its size and reading it.
constexpr int tries_max = 8;
constexpr std::size_t slack = 64;

Result<std::vector<kinfo_proc>> read_all() {
  const std::array<int, 3> mib{CTL_KERN, KERN_PROC, KERN_PROC_PROC};
  std::vector<kinfo_proc> list;
  for (int i = 0; i < tries_max; ++i) {
    std::size_t size = 0;
    if (::sysctl(mib.data(), mib.size(), nullptr, &size, nullptr, 0) != 0) break;
    list.resize(size / sizeof(kinfo_proc) + slack);
    size = list.size() * sizeof(kinfo_proc);
    if (::sysctl(mib.data(), mib.size(), list.data(), &size, nullptr, 0) == 0) {
      list.resize(size / sizeof(kinfo_proc));
      return list;
    }
    if (errno != ENOMEM) break;
  }
  return Fail(os_error("read the list of processes", errno));
}

std::string command_of(const kinfo_proc& process) {
  const std::array<int, 4> mib{CTL_KERN, KERN_PROC, KERN_PROC_ARGS, process.ki_pid};
  std::string words(4096, '\0');  // longer command lines are cut
  std::size_t size = words.size();
  if (::sysctl(mib.data(), mib.size(), words.data(), &size, nullptr, 0) != 0 || size == 0) {
    return std::string("[") + process.ki_comm + "]";
  }
  words.resize(size);
  while (!words.empty() && words.back() == '\0') words.pop_back();
  std::replace(words.begin(), words.end(), '\0', ' ');
  return words;
}

std::string state_of(const kinfo_proc& process) {
  switch (process.ki_stat) {
    case SIDL: return "starting";
    case SRUN: return "running";
    case SSTOP: return "stopped";
    case SZOMB: return "zombie";
    case SWAIT: return "waiting";
    case SLOCK: return "locked";
    default: return "sleeping";
  }
}

std::string user_of_process(uid_t uid, std::map<uid_t, std::string>& known) {
  const auto [entry, fresh] = known.try_emplace(uid, std::to_string(uid));
  if (!fresh) return entry->second;
  std::array<char, 4096> buffer{};
  passwd record{};
  passwd* found = nullptr;
  if (::getpwuid_r(uid, &record, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
    entry->second = found->pw_name;
  }
  return entry->second;
}

ProcessInfo info_of(const kinfo_proc& process, std::map<uid_t, std::string>& users) {
  ProcessInfo info;
  info.pid = process.ki_pid;
  info.ppid = process.ki_ppid;
  info.user = user_of_process(process.ki_uid, users);
  info.command = command_of(process);
  info.state = state_of(process);
  info.memory_bytes = static_cast<std::uint64_t>(process.ki_rssize) * static_cast<std::uint64_t>(::getpagesize());
  info.cpu_seconds = static_cast<double>(process.ki_runtime) / 1e6;
  info.started_at = WallTime(std::chrono::duration_cast<WallTime::duration>(
      std::chrono::seconds(process.ki_start.tv_sec) + std::chrono::microseconds(process.ki_start.tv_usec)));
  return info;
}

// Until one of `pids` ends, or `patience` is over: then the list is looked at again.
void wait_for_one(const std::vector<pid_t>& pids, milliseconds patience) {
  constexpr milliseconds moment{5};  // one that is on its way out cannot be awaited, and is gone soon
  const UniqueFd queue(::kqueue());
  for (const pid_t pid : pids) {
    struct kevent change{};
    EV_SET(&change, static_cast<uintptr_t>(pid), EVFILT_PROC, EV_ADD | EV_ONESHOT, NOTE_EXIT, 0, nullptr);
    if (::kevent(queue.get(), &change, 1, nullptr, 0, nullptr) != 0) patience = std::min(patience, moment);
  }
  const timespec limit{patience.count() / 1000, patience.count() % 1000 * 1'000'000};
  struct kevent event{};
  ::kevent(queue.get(), nullptr, 0, &event, 1, &limit);
}

}  // namespace

Result<std::set<int>> jails_with_processes() {
  auto list = read_all();
  if (!list) return Fail(list.error());
  std::set<int> jids;
  for (const kinfo_proc& process : *list) {
    if (process.ki_jid != 0 && process.ki_stat != SZOMB) jids.insert(process.ki_jid);
  }
  return jids;
}

Result<std::vector<ProcessInfo>> processes_of(int jid, std::size_t most) {
  auto list = read_all();
  if (!list) return Fail(list.error());
  std::vector<ProcessInfo> processes;
  std::map<uid_t, std::string> users;
  for (const kinfo_proc& process : *list) {
    if (process.ki_jid == jid && jid != 0 && processes.size() < most) processes.push_back(info_of(process, users));
  }
  std::ranges::sort(processes, {}, &ProcessInfo::pid);
  return processes;
}

bool wait_for_processes(const std::vector<int>& jids, milliseconds patience) {
  constexpr milliseconds glance{100};  // what was forked meanwhile is not among the awaited
  const auto deadline = steady_clock::now() + patience;
  for (;;) {
    std::vector<pid_t> left;
    const auto list = read_all();
    if (list) {
      for (const kinfo_proc& process : *list) {
        const bool ours = std::ranges::find(jids, process.ki_jid) != jids.end();
        if (ours && process.ki_stat != SZOMB) left.push_back(process.ki_pid);
      }
      if (left.empty()) return true;
    }
    const auto now = steady_clock::now();
    if (now >= deadline) return false;
    wait_for_one(left, std::min(glance, std::chrono::ceil<milliseconds>(deadline - now)));
  }
}

}  // namespace jaild::host
