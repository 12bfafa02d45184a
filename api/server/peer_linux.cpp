#include <cerrno>
#include <charconv>
#include <string>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "api/server/peer.h"

#ifndef SO_PEERPIDFD  // Linux 6.5; <asm-generic/socket.h>
#define SO_PEERPIDFD 77
#endif

namespace jaild::server {

namespace {

struct Descriptor {
  int fd = -1;
  ~Descriptor() {
    if (fd >= 0) close(fd);
  }
};

// The peer's process itself, not its number, which another process may have by now. Before Linux 6.5 there is only the
// number of whoever called connect(2): it may have been taken over since, and what keeps jails out for certain is that
// no jail sees the socket's directory.
int open_process(int socket, pid_t pid) {
  int fd = -1;
  socklen_t size = sizeof fd;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, &fd, &size) == 0) return fd;
  if (errno != ENOPROTOOPT || pid <= 0) return -1;
  return static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
}

// The NSpid line of a pidfd has the process's number in our process name space and in each one below it: a single
// number, so it is in ours. A jail has a name space of its own. 0 or -1: it is outside, or gone.
Result<bool> in_our_namespace(int process) {
  const std::string path = "/proc/self/fdinfo/" + std::to_string(process);
  const Descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.fd < 0) return Fail(Kind::host_refused, path + ": " + std::system_category().message(errno), errno);
  char text[1024];  // some ten short lines
  const ssize_t size = read(file.fd, text, sizeof text);
  if (size <= 0) return false;
  const std::string_view info(text, static_cast<std::size_t>(size));
  constexpr std::string_view key = "\nNSpid:\t";
  const std::size_t at = info.find(key);
  if (at == std::string_view::npos) return false;
  const std::string_view rest = info.substr(at + key.size());
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) return false;
  const std::string_view numbers = rest.substr(0, end);
  int number = 0;
  const auto [stop, error] = std::from_chars(numbers.data(), numbers.data() + numbers.size(), number);
  return error == std::errc{} && stop == numbers.data() + numbers.size() && number > 0;
}

Result<std::vector<std::uint32_t>> groups_of(int socket) {
  std::vector<gid_t> groups(64);
  socklen_t size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
  int answer = getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size);
  if (answer != 0 && errno == ERANGE) {  // `size` is what it takes: at most 65,536 groups
    groups.resize(size / sizeof(gid_t));
    answer = getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size);
  }
  if (answer != 0) return Fail(Kind::host_refused, "SO_PEERGROUPS: " + std::system_category().message(errno), errno);
  groups.resize(size / sizeof(gid_t));
  return std::vector<std::uint32_t>(groups.begin(), groups.end());
}

}  // namespace

Result<Peer> peer_of(int socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    return Fail(Kind::host_refused, "SO_PEERCRED: " + std::system_category().message(errno), errno);
  }
  Result<std::vector<std::uint32_t>> groups = groups_of(socket);
  if (!groups) return Fail(groups.error());
  groups->push_back(credentials.gid);
  const Descriptor process{open_process(socket, credentials.pid)};
  if (process.fd < 0 && (errno == EMFILE || errno == ENFILE)) {
    return Fail(Kind::host_refused, "SO_PEERPIDFD: " + std::system_category().message(errno), errno);
  }
  const Result<bool> outside = process.fd >= 0 ? in_our_namespace(process.fd) : Result<bool>(false);
  if (!outside) return Fail(outside.error());
  return Peer{credentials.uid, *std::move(groups), credentials.pid, !*outside};
}

}  // namespace jaild::server
