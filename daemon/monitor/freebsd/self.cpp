// What the monitor does about itself on FreeBSD.
#include <sys/param.h>  // before the others, which use its types

#include <sys/procctl.h>
#include <sys/socket.h>
#include <sys/ucred.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>

#include "daemon/monitor/file_record.h"
#include "daemon/monitor/freebsd/processes.h"
#include "daemon/monitor/jail.h"
#include "daemon/monitor/server.h"

namespace jaild::monitor {

Result<void> protect_this_process() {
  int protect = PPROT_SET;  // neither children nor an exec inherit it
  // May be refused in a jail of our own; the monitor is then as mortal as any other process.
  [[maybe_unused]] const int done = ::procctl(P_PID, ::getpid(), PROC_SPROTECT, &protect);
  int trace = PROC_TRACE_CTL_DISABLE;  // until exec
  if (::procctl(P_PID, ::getpid(), PROC_TRACE_CTL, &trace) != 0) {
    return FailErrno(Kind::internal, "PROC_TRACE_CTL", errno);
  }
  return {};
}

void unprotect_child() {}

void show_as(const char* title) {
  ::setproctitle("-%s", title);
}

Result<void> become_reaper() {
  if (::procctl(P_PID, ::getpid(), PROC_REAP_ACQUIRE, nullptr) != 0 && errno != EBUSY) {
    return FailErrno(Kind::internal, "PROC_REAP_ACQUIRE", errno);
  }
  return {};
}

Result<void> seal_program(char** /*argv*/, char** /*environment*/) {
  return {};  // no /proc/PID/exe that could be written through: procfs names the file by its path only
}

bool is_trusted_peer(int socket) {
  xucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_LOCAL, LOCAL_PEERCRED, &peer, &size) != 0 || peer.cr_version != XUCRED_VERSION) {
    return false;
  }
  // A jail's root has uid 0 too.
  return peer.cr_uid == 0 && jail_of(peer.cr_pid) == jail_of(::getpid());
}

}  // namespace jaild::monitor
