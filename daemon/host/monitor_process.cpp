#include "daemon/host/monitor_process.h"

#include <sys/socket.h>
#include <sys/un.h>
#if defined(__FreeBSD__)
#include <sys/param.h>
#include <sys/sysctl.h>
#include <sys/ucred.h>
#endif

#include <fstream>
#include <iterator>
#include <string>

namespace jaild::host {
namespace {

#if defined(__FreeBSD__)
pid_t listener_of(int socket) {
  xucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_LOCAL, LOCAL_PEERCRED, &peer, &size) != 0 || peer.cr_version != XUCRED_VERSION) return 0;
  return peer.cr_pid;
}

std::string arguments_of(pid_t pid) {
  int name[] = {CTL_KERN, KERN_PROC, KERN_PROC_ARGS, pid};
  std::string text(4096, '\0');
  std::size_t size = text.size();
  if (::sysctl(name, 4, text.data(), &size, nullptr, 0) != 0) return {};
  text.resize(size);
  return text;
}
#else
pid_t listener_of(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.pid : 0;
}

std::string arguments_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/cmdline", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
#endif

bool has_option(const std::string& arguments, const std::string& name, const std::string& value) {
  return arguments.find('\0' + name + '\0' + value + '\0') != std::string::npos;
}

}  // namespace

pid_t monitor_process(int socket, const MonitorPaths& paths, std::uint64_t run) {
  const pid_t pid = listener_of(socket);
  if (pid <= 1) return 0;
  const std::string arguments = arguments_of(pid);
  const bool its =
      has_option(arguments, "--run", std::to_string(run)) && has_option(arguments, "--run-dir", paths.run_dir);
  return its ? pid : 0;
}

}  // namespace jaild::host
