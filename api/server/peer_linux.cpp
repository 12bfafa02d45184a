#include <cerrno>
#include <string>
#include <system_error>

#include <sys/socket.h>
#include <sys/stat.h>

#include "api/server/peer.h"

namespace jaild::server {

namespace {

// A jail has a PID name space of its own. A pid may be taken over between connect() and this look; what keeps jails out
// for certain is that no jail sees the socket's directory.
bool in_our_pid_namespace(pid_t pid) {
  struct stat ours{};
  struct stat theirs{};
  const std::string path = "/proc/" + std::to_string(pid) + "/ns/pid";
  if (stat("/proc/self/ns/pid", &ours) != 0 || stat(path.c_str(), &theirs) != 0) return false;
  return ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

}  // namespace

Result<Peer> peer_of(int socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    return Fail(Kind::host_refused, "SO_PEERCRED: " + std::system_category().message(errno), errno);
  }
  const bool visible = credentials.pid > 0;  // 0: in a name space beyond ours
  return Peer{credentials.uid, !visible || !in_our_pid_namespace(credentials.pid)};
}

}  // namespace jaild::server
