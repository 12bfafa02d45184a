#include "daemon/monitor/linux/namespaces.h"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "daemon/monitor/file_record.h"
#include "daemon/monitor/linux/proc_stat.h"

namespace jaild::monitor {
namespace {

int network_flag(CreateRequest::Net net) {
  return net == CreateRequest::Net::inherit ? 0 : CLONE_NEWNET;
}

constexpr int always = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP;

}  // namespace

Result<Cloned> clone_into_namespaces(CreateRequest::Net net) {
  const unsigned long flags =
      static_cast<unsigned long>(always | network_flag(net) | CLONE_NEWPID | CLONE_PIDFD | SIGCHLD);
  int pidfd = -1;
  // The system call and not the library's clone(), so that it returns twice like fork(2). CLONE_PIDFD answers in the
  // third argument on every architecture.
  const long pid = ::syscall(SYS_clone, flags, nullptr, &pidfd, nullptr, nullptr);
  if (pid < 0) return FailErrno(Kind::host_refused, "clone into namespaces", errno);
  Cloned cloned;
  cloned.pid = static_cast<pid_t>(pid);
  if (pid > 0) cloned.pidfd.reset(pidfd);
  return cloned;
}

Result<void> enter_namespaces(int pidfd, CreateRequest::Net net) {
  if (::setns(pidfd, always | network_flag(net) | CLONE_NEWPID) != 0) {
    return FailErrno(Kind::host_refused, "enter the jail's namespaces", errno);
  }
  if (::chdir("/") != 0) return FailErrno(Kind::host_refused, "chdir / in the jail", errno);
  return {};
}

std::uint64_t start_time_of(pid_t pid) {
  const auto process = read_proc_stat(pid);
  return process ? process->start_time : 0;
}

}  // namespace jaild::monitor
