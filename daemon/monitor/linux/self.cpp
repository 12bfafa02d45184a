// What the monitor does about itself on Linux.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

#include "daemon/monitor/file_record.h"
#include "daemon/monitor/jail.h"
#include "daemon/monitor/linux/mount_tree.h"
#include "daemon/monitor/linux/pidfd.h"
#include "daemon/monitor/server.h"

#ifndef SO_PEERPIDFD  // Linux 6.5; <asm-generic/socket.h>
#define SO_PEERPIDFD 77
#endif

namespace jaild::monitor {
namespace {

std::string inherited_oom_score = "0";

// Where the kernel finds what /proc/PID/cmdline shows; a child's copy is its own.
char* arguments_begin = nullptr;
char* arguments_end = nullptr;

void write_oom_score(const std::string& score) {
  const UniqueFd file(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  // Lowering needs CAP_SYS_RESOURCE; without it the monitor is as mortal as any other process.
  [[maybe_unused]] const auto wrote = file ? ::write(file.get(), score.data(), score.size()) : -1;
}

// The peer itself and not its number, which another process may have by now; before Linux 6.5 there is only the number.
// What keeps jails out for certain is that none sees the directory of the socket.
UniqueFd open_peer(int socket, pid_t pid) {
  int fd = -1;
  socklen_t size = sizeof fd;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, &fd, &size) == 0) return UniqueFd(fd);
  return errno == ENOPROTOOPT && pid > 0 ? open_pidfd(pid) : UniqueFd();
}

// The line NSpid of a pidfd has the number of its process in our pid namespace and in each one below: a single one
// above 0 is in ours. 0 or -1: it is outside, or gone.
bool is_in_our_namespace(int process) {
  std::ifstream info("/proc/self/fdinfo/" + std::to_string(process));
  for (std::string line; std::getline(info, line);) {
    if (!line.starts_with("NSpid:\t")) continue;
    const std::string numbers = line.substr(7);
    return numbers.find('\t') == std::string::npos && std::atoi(numbers.c_str()) > 0;
  }
  return false;
}

}  // namespace

Result<void> protect_this_process() {
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return FailErrno(Kind::internal, "PR_SET_DUMPABLE", errno);
  const UniqueFd file(::open("/proc/self/oom_score_adj", O_RDONLY | O_CLOEXEC));
  std::array<char, 16> text{};
  const ssize_t got = file ? ::read(file.get(), text.data(), text.size()) : -1;
  if (got > 0) inherited_oom_score.assign(text.data(), static_cast<std::size_t>(got));
  write_oom_score("-1000");
  return {};
}

void unprotect_child() {
  write_oom_score(inherited_oom_score);
}

void show_as(const char* title) {
  ::prctl(PR_SET_NAME, title, 0, 0, 0);
  if (arguments_begin == nullptr) return;
  const auto room = static_cast<std::size_t>(arguments_end - arguments_begin);
  std::memset(arguments_begin, 0, room);
  const std::size_t length = std::min(std::strlen(title), room - 1);
  std::memcpy(arguments_begin, title, length);
  // Best effort, as it takes CAP_SYS_RESOURCE: without it the title has a tail of NUL bytes.
  ::prctl(PR_SET_MM, PR_SET_MM_ARG_END, arguments_begin + length + 1, 0, 0);
}

Result<void> become_reaper() {
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) return FailErrno(Kind::internal, "become reaper", errno);
  return {};
}

// A jail may exec "/proc/self/exe" through a script's first line while that still means this program; the copy that
// runs then is its own, and through it the file could be opened for writing: root in a jail is root to the file system.
// So we run from a read-only mount of our own, attached nowhere, which is what /proc/self/exe then leads to.
Result<void> seal_program(char** argv, char** environment) {
  UniqueFd self(::open("/proc/self/exe", O_PATH | O_CLOEXEC));
  struct statvfs status{};
  if (!self || ::fstatvfs(self.get(), &status) != 0) return FailErrno(Kind::missing, "open /proc/self/exe", errno);
  if ((status.f_flag & ST_RDONLY) != 0) {
    arguments_begin = argv[0];
    for (char** argument = argv; *argument != nullptr; ++argument) {
      arguments_end = *argument + std::strlen(*argument) + 1;
    }
    return {};
  }
  const auto copy = copy_tree(AT_FDCWD, "/proc/self/exe");
  if (!copy) return Fail(copy.error());
  const auto sealed = set_attributes(copy->get(), MOUNT_ATTR_RDONLY, 0);
  if (!sealed) return sealed;
  ::execveat(copy->get(), "", argv, environment, AT_EMPTY_PATH);
  return FailErrno(Kind::host_refused, "run from a read-only mount", errno);
}

// Root in a jail with path=/ has uid 0 too, and may reach the socket; its pid namespace tells.
bool is_trusted_peer(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.uid != 0) return false;
  const UniqueFd process = open_peer(socket, peer.pid);
  return process && is_in_our_namespace(process.get());
}

}  // namespace jaild::monitor
