#include "daemon/monitor/linux/limits.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>

#include "daemon/host/unique_fd.h"
#include "daemon/monitor/file_record.h"
#include "daemon/monitor/process_tree.h"

namespace jaild::monitor {
namespace {

struct KnownLimit {
  const char* name;
  decltype(RLIMIT_CPU) resource;
};
constexpr std::array known_limits{
    KnownLimit{"cpu", RLIMIT_CPU},     KnownLimit{"fsize", RLIMIT_FSIZE},      KnownLimit{"data", RLIMIT_DATA},
    KnownLimit{"stack", RLIMIT_STACK}, KnownLimit{"core", RLIMIT_CORE},        KnownLimit{"rss", RLIMIT_RSS},
    KnownLimit{"nproc", RLIMIT_NPROC}, KnownLimit{"nofile", RLIMIT_NOFILE},    KnownLimit{"memlock", RLIMIT_MEMLOCK},
    KnownLimit{"as", RLIMIT_AS},       KnownLimit{"msgqueue", RLIMIT_MSGQUEUE}};

const KnownLimit* find_limit(const std::string& name) {
  const auto* found = std::ranges::find_if(known_limits, [&](const KnownLimit& limit) { return name == limit.name; });
  return found == known_limits.end() ? nullptr : found;
}

bool same_namespace(const struct stat& jail, pid_t pid) {
  struct stat status{};
  return ::stat(("/proc/" + std::to_string(pid) + "/ns/pid").c_str(), &status) == 0 && status.st_ino == jail.st_ino &&
         status.st_dev == jail.st_dev;
}

bool has_beside(const std::string& file, const char* name) {
  return ::access((file.substr(0, file.rfind('/') + 1) + name).c_str(), F_OK) == 0;
}

}  // namespace

Result<void> join_cgroups(const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    const UniqueFd procs(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
    if (!procs || ::write(procs.get(), "0", 1) != 1) return FailErrno(Kind::host_refused, "join " + file, errno);
  }
  return {};
}

bool counts_processes(const std::string& file) {
  return has_beside(file, "pids.max");
}

Result<void> join_cpu_group(const std::vector<std::string>& files) {
  if (std::ranges::none_of(files, counts_processes)) return {};  // then any of them may be taken for the jail's list
  std::vector<std::string> bounding;
  for (const std::string& file : files) {
    if (has_beside(file, "cpu.shares") && !counts_processes(file)) bounding.push_back(file);
  }
  return join_cgroups(bounding);
}

Result<void> check_rlimits(const Rlimits& limits) {
  for (const auto& [name, value] : limits) {
    if (find_limit(name) == nullptr) return Fail(Kind::invalid, "unknown rlimit " + name);
  }
  return {};
}

Result<void> bound_kernel_objects() {
  struct Bound {
    decltype(RLIMIT_CPU) resource;
    rlim_t most;
    const char* name;
  };
  constexpr std::array bounds{// Queued signals, and with them POSIX timers: each takes some 200 bytes of kernel memory.
                              Bound{RLIMIT_SIGPENDING, 16384, "sigpending"},
                              // Bytes in POSIX message queues: half of the kernel's usual 819200 (MQ_BYTES_MAX).
                              Bound{RLIMIT_MSGQUEUE, 409600, "msgqueue"}};
  for (const Bound& bound : bounds) {
    rlimit present{};
    if (::getrlimit(bound.resource, &present) != 0) return FailErrno(Kind::host_refused, bound.name, errno);
    // The kernel compares a process's limit with what its user has everywhere. So the other half stays for the host.
    const rlim_t half = std::min(present.rlim_max / 2, bound.most);
    const rlimit next{std::min(present.rlim_cur, half), half};
    if (::setrlimit(bound.resource, &next) != 0) return FailErrno(Kind::host_refused, bound.name, errno);
  }
  return {};
}

Result<void> apply_rlimits(const Rlimits& limits) {
  for (const auto& [name, value] : limits) {
    const KnownLimit* known = find_limit(name);
    rlimit current{};
    if (known == nullptr || ::getrlimit(known->resource, &current) != 0) return Fail(Kind::invalid, "rlimit " + name);
    const rlim_t wanted = value < 0 ? RLIM_INFINITY : static_cast<rlim_t>(value);
    const rlim_t limit = std::min(wanted, current.rlim_max);
    const rlimit next{limit, limit};
    if (::setrlimit(known->resource, &next) != 0) return FailErrno(Kind::host_refused, "rlimit " + name, errno);
  }
  return {};
}

std::vector<pid_t> processes_in_cgroup(const std::string& file) {
  std::vector<pid_t> pids;
  std::ifstream procs(file);
  pid_t pid = 0;
  while (procs >> pid) {
    if (pid > 0) pids.push_back(pid);  // 0: in a pid namespace that is not below ours
  }
  return pids;
}

std::vector<pid_t> processes_in_namespace(pid_t pid) {
  std::vector<pid_t> pids;
  struct stat jail{};
  if (::stat(("/proc/" + std::to_string(pid) + "/ns/pid").c_str(), &jail) != 0) return pids;
  for (const Process& process : all_processes()) {
    if (!process.zombie && process.pid != pid && same_namespace(jail, process.pid)) pids.push_back(process.pid);
  }
  return pids;
}

}  // namespace jaild::monitor
