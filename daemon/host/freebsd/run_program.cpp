#include "daemon/host/freebsd/run_program.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>

#include "daemon/host/child_output.h"
#include "daemon/host/freebsd/os_error.h"
#include "daemon/host/unique_fd.h"

namespace jaild::host {
namespace {

constexpr std::chrono::seconds patience{60};
constexpr std::size_t words_max = 4096;

int spawn(std::vector<std::string>& words, int output, pid_t& pid) {
  std::string path = "PATH=/sbin:/bin:/usr/sbin:/usr/bin";
  std::array<char*, 2> environment{path.data(), nullptr};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, output, 1);
  ::posix_spawn_file_actions_adddup2(&actions, output, 2);
  ::posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  const int error = ::posix_spawn(&pid, arguments.front(), &actions, &attributes, arguments.data(), environment.data());
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  return error;
}

}  // namespace

Result<void> run_program(std::vector<std::string> words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + word;
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return Fail(os_error(line + ": pipe", errno));
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  pid_t pid = -1;
  if (const int error = spawn(words, writer.get(), pid); error != 0) {
    Error refused = os_error(line, error);
    if (error == ENOENT) refused.kind = Kind::missing;
    return Fail(std::move(refused));
  }
  writer.reset();
  std::string output;
  const bool ended = read_to_end(reader.get(), patience, words_max, output);
  if (!ended) ::kill(pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  while (!output.empty() && output.back() == '\n') output.pop_back();
  if (!ended) return Fail(Kind::timeout, line + ": took longer than 60 s");
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return Fail(Kind::host_refused, line + ": " + (output.empty() ? "failed" : output));
}

}  // namespace jaild::host
