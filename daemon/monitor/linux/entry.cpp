#include "daemon/monitor/linux/entry.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "daemon/host/unique_fd.h"
#include "daemon/monitor/child.h"
#include "daemon/monitor/file_record.h"
#include "daemon/monitor/linux/capabilities.h"
#include "daemon/monitor/linux/limits.h"
#include "daemon/monitor/linux/namespaces.h"

namespace jaild::monitor {
namespace {

std::string directory_of(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

// The one group of a jail that counts processes, if any.
struct CountingGroup {
  UniqueFd directory;  // version 2 only: a process can be born in it
  UniqueFd procs;      // who opened it decides what a write to it may do: for later, when no capability is left
};

// Version 1: the newborn is in the group above for a moment, and not in that of the daemon. In version 2 a group with
// children has no processes.
Result<CountingGroup> open_counting_group(const std::vector<std::string>& files) {
  CountingGroup group;
  for (const std::string& file : files) {
    if (!counts_processes(file)) continue;
    const std::string directory = directory_of(file);
    group.procs.reset(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
    if (!group.procs) return FailErrno(Kind::host_refused, "join " + file, errno);
    if (::access((directory + "/cgroup.controllers").c_str(), F_OK) == 0) {
      group.directory.reset(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    } else if (auto joined = join_cgroups({directory_of(directory) + "/cgroup.procs"}); !joined) {
      return Fail(joined.error());
    }
  }
  return group;
}

constexpr std::uint64_t birth_flags = CLONE_PARENT | CLONE_PARENT_SETTID;

pid_t give_birth(pid_t* born) {
  // The system call and not the library's clone(), so that it returns twice like fork(2).
  return static_cast<pid_t>(
      ::syscall(SYS_clone, static_cast<unsigned long>(birth_flags) | SIGCHLD, nullptr, born, nullptr, nullptr));
}

pid_t give_birth_in(int cgroup, pid_t* born) {
  ::clone_args arguments{};
  arguments.flags = birth_flags | CLONE_INTO_CGROUP;
  arguments.parent_tid = reinterpret_cast<std::uint64_t>(born);
  arguments.cgroup = static_cast<std::uint64_t>(cgroup);
  return static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof arguments));
}

// From the first process to the second, which waits for it before it does anything: "" lets it go on, else a report.
void send_verdict(int pipe, const std::string& verdict) {
  const std::string text = "v" + verdict;
  [[maybe_unused]] const auto wrote = ::write(pipe, text.data(), text.size());
}

Result<void> wait_for_verdict(int pipe) {
  std::array<char, 512> text{};
  ssize_t got = -1;
  do {
    got = ::read(pipe, text.data(), text.size());
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return Fail(Kind::internal, "the way into the jail was interrupted");
  if (got == 1) return {};
  return Fail(decode_report(std::string(text.data() + 1, static_cast<std::size_t>(got) - 1)));
}

// From outside: neither a limit on processes nor who stops or kills the newborn keeps it out of its group.
[[noreturn]] void place_and_end(pid_t child, bool placed, const CountingGroup& group, int verdict) {
  std::string refusal;
  if (!placed && group.procs) {
    const std::string number = std::to_string(child);
    if (::write(group.procs.get(), number.data(), number.size()) < 0) {
      refusal = encode_report(FailErrno(Kind::host_refused, "join the group that counts processes", errno).error());
    }
  }
  send_verdict(verdict, refusal);
  ::_exit(0);
}

}  // namespace

Result<void> join_uncounted_groups(const std::vector<std::string>& files) {
  std::vector<std::string> uncounted;
  for (const std::string& file : files) {
    if (!counts_processes(file)) uncounted.push_back(file);
  }
  return join_cgroups(uncounted);
}

Result<void> enter_jail(const Entry& entry) {
  auto group = open_counting_group(entry.cgroups);
  if (!group) return Fail(group.error());
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return FailErrno(Kind::overloaded, "pipe", errno);
  const UniqueFd verdict(ends[0]);
  UniqueFd judge(ends[1]);
  const auto entered = enter_namespaces(entry.pidfd, entry.net);
  if (!entered) return entered;
  const auto bounded = bound_kernel_objects();
  if (!bounded) return bounded;
  const auto limited = apply_rlimits(entry.rlimits);
  if (!limited) return limited;
  const auto dropped = drop_capabilities(entry.capabilities);
  if (!dropped) return dropped;

  // A full group, or a kernel that cannot: then as in version 1.
  pid_t child = group->directory ? give_birth_in(group->directory.get(), entry.born) : -1;
  const bool placed = child >= 0;
  if (!placed) child = give_birth(entry.born);
  if (child < 0) return FailErrno(Kind::host_refused, "fork into the jail", errno);
  if (child > 0) place_and_end(child, placed, *group, judge.get());
  judge.reset();
  ::setsid();
  return wait_for_verdict(verdict.get());
}

}  // namespace jaild::monitor
