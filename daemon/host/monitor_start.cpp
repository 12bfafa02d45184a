#include "daemon/host/monitor_start.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "daemon/host/child_output.h"
#include "daemon/monitor/protocol.h"

namespace jaild::host {
namespace {

// A start forks twice and binds a socket: milliseconds; seconds on an emulated machine with many starts at once.
constexpr std::chrono::seconds start_patience{60};
constexpr std::size_t complaint_max = 4096;

Error system_error(const std::string& what, int code) {
  return Error{Kind::host_refused, what + ": " + std::generic_category().message(code), code, {}};
}

class SpawnSetup {
 public:
  explicit SpawnSetup(int complaints) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions_, 1, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, complaints, 2);
    ::posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    sigdelset(&all, SIGKILL);
    sigdelset(&all, SIGSTOP);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnSetup() {
    ::posix_spawnattr_destroy(&attributes_);
    ::posix_spawn_file_actions_destroy(&actions_);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;

  int spawn(std::vector<std::string>& arguments, pid_t& pid) {
    std::vector<char*> raw;
    for (std::string& argument : arguments) raw.push_back(argument.data());
    raw.push_back(nullptr);
    char* no_environment = nullptr;  // of nobody: it shows in /proc/PID/environ, and is not what commands get
    return ::posix_spawn(&pid, raw.front(), &actions_, &attributes_, raw.data(), &no_environment);
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

Result<void> judge(int status, std::string complaint) {
  while (!complaint.empty() && complaint.back() == '\n') complaint.pop_back();
  if (WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == monitor::exit_already_running)) {
    return {};
  }
  if (complaint.empty()) complaint = "it ended with status " + std::to_string(status);
  return Fail(Kind::host_refused, "start the jail's monitor: " + complaint);
}

}  // namespace

std::string monitor_socket(const MonitorPaths& paths, std::uint64_t run) {
  return paths.run_dir + "/monitors/" + std::to_string(run) + ".sock";
}

std::string exit_record(const MonitorPaths& paths, std::uint64_t run) {
  return paths.state_dir + "/exits/" + std::to_string(run) + ".json";
}

std::vector<std::uint64_t> monitor_runs(const MonitorPaths& paths) {
  std::vector<std::uint64_t> runs;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(paths.run_dir + "/monitors", error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    std::uint64_t run = 0;
    const auto [rest, problem] = std::from_chars(name.data(), name.data() + name.size(), run);
    if (problem == std::errc() && std::string_view(rest) == ".sock") runs.push_back(run);
  }
  return runs;
}

Result<void> start_monitor(const MonitorPaths& paths, const core::JailKey& key) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return Fail(system_error("start the jail's monitor: pipe", errno));
  const UniqueFd complaints(ends[0]);
  UniqueFd complaints_in(ends[1]);
  std::vector<std::string> arguments = {paths.monitor_path,      "--name",      key.name,       "--run",
                                        std::to_string(key.run), "--run-dir",   paths.run_dir,  "--log-dir",
                                        paths.log_dir,           "--state-dir", paths.state_dir};
  if (paths.log_rate > 0) arguments.insert(arguments.end(), {"--log-rate", std::to_string(paths.log_rate)});
  pid_t pid = -1;
  const int refused = SpawnSetup(complaints_in.get()).spawn(arguments, pid);
  complaints_in.reset();
  if (refused != 0) return Fail(system_error("start " + paths.monitor_path, refused));

  std::string complaint;
  const bool ended = read_to_end(complaints.get(), start_patience, complaint_max, complaint);
  if (!ended) ::kill(pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  // One that exited by itself has said that the monitor listens, however late we looked.
  if (!ended && !WIFEXITED(status)) {
    return Fail(Kind::timeout,
                "start the jail's monitor: it was not ready within " + std::to_string(start_patience.count()) + " s");
  }
  return judge(status, std::move(complaint));
}

Result<UniqueFd> connect_monitor(const MonitorPaths& paths, std::uint64_t run) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = monitor_socket(paths, run);
  if (path.size() >= sizeof address.sun_path)
    return Fail(Kind::invalid, "the run directory's path is too long: " + path);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  // Not blocking: of one that is stopped the backlog may be full.
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return Fail(system_error("connect to the jail's monitor", errno));
  const auto* generic = static_cast<const sockaddr*>(static_cast<const void*>(&address));
  if (::connect(fd.get(), generic, sizeof address) == 0) return fd;
  if (errno == ENOENT || errno == ECONNREFUSED) return Fail(Kind::not_found, "the jail's monitor is gone", errno);
  return Fail(system_error("connect to the jail's monitor", errno));
}

}  // namespace jaild::host
