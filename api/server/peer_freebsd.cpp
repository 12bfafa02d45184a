#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

// clang-format off: the system's headers need this order.
#include <sys/param.h>
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/sysctl.h>
#include <sys/ucred.h>
#include <sys/un.h>
#include <sys/user.h>
// clang-format on

#include "api/server/peer.h"

namespace jaild::server {

namespace {

// xucred has no jail id, so it is looked up by pid. The pid may be taken over between connect() and this look; what
// keeps jails out for certain is that no jail sees the socket's directory.
bool outside_of_jails(pid_t pid) {
  int name[4] = {CTL_KERN, KERN_PROC, KERN_PROC_PID, pid};
  kinfo_proc process{};
  std::size_t size = sizeof process;
  if (sysctl(name, 4, &process, &size, nullptr, 0) != 0 || size != sizeof process) return false;
  return process.ki_structsize == static_cast<int>(sizeof process) && process.ki_pid == pid && process.ki_jid == 0;
}

}  // namespace

Result<Peer> peer_of(int socket) {
  xucred credentials{};
  socklen_t size = sizeof credentials;
  if (getsockopt(socket, SOL_LOCAL, LOCAL_PEERCRED, &credentials, &size) != 0) {
    return Fail(Kind::host_refused, "LOCAL_PEERCRED: " + std::system_category().message(errno), errno);
  }
  if (credentials.cr_version != XUCRED_VERSION) return Fail(Kind::host_refused, "LOCAL_PEERCRED has another version");
  const int count = std::clamp<int>(credentials.cr_ngroups, 0, XU_NGROUPS);
  std::vector<std::uint32_t> groups(credentials.cr_groups, credentials.cr_groups + count);
  const bool outside = credentials.cr_pid > 0 && outside_of_jails(credentials.cr_pid);
  return Peer{credentials.cr_uid, std::move(groups), credentials.cr_pid, !outside};
}

}  // namespace jaild::server
