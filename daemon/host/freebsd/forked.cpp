#include "daemon/host/freebsd/forked.h"

#include <sys/param.h>  // before the others, which use its types

#include <fcntl.h>
#include <sys/jail.h>
#include <sys/procctl.h>
#include <sys/sysctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <thread>

#include "daemon/host/child_output.h"
#include "daemon/host/freebsd/os_error.h"
#include "daemon/host/unique_fd.h"

namespace jaild::host {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds child_patience{10};
constexpr std::chrono::seconds death_patience{1};
constexpr std::chrono::milliseconds glance{2};

// One that is stuck in the kernel cannot be waited for.
void reap(pid_t child) {
  const auto deadline = steady_clock::now() + death_patience;
  pid_t reaped = 0;
  while ((reaped = ::waitpid(child, nullptr, WNOHANG)) == 0 || (reaped < 0 && errno == EINTR)) {
    if (steady_clock::now() >= deadline) return;
    std::this_thread::sleep_for(glance);
  }
}

// The child is a copy of the daemon: its memory, its arguments and its descriptors are not for the jail to see.
[[noreturn]] void enter_and_work(int jid, int answer, const Work& work) {
  constexpr char title[] = "jaild-entry";
  const std::array<int, 4> arguments{CTL_KERN, KERN_PROC, KERN_PROC_ARGS, ::getpid()};
  ::sysctl(arguments.data(), arguments.size(), nullptr, nullptr, title, sizeof title);
  int trace = PROC_TRACE_CTL_DISABLE;
  if (::procctl(P_PID, ::getpid(), PROC_TRACE_CTL, &trace) != 0) ::_exit(1);
  if (::dup2(answer, 0) != 0) ::_exit(1);
  ::closefrom(1);  // jail_attach(2) refuses open directories
  if (::jail_attach(jid) != 0) ::_exit(1);
  work(0);
  ::_exit(0);
}

}  // namespace

Result<std::string> in_child(const std::string& what, std::size_t most, const Work& work) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return Fail(os_error(what + ": pipe", errno));
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return Fail(os_error(what + ": fork", errno));
  if (child == 0) {
    work(writer.get());
    ::_exit(0);
  }
  writer.reset();
  std::string answer;
  const bool ended = read_to_end(reader.get(), child_patience, most, answer);
  if (!ended) ::kill(child, SIGKILL);
  reap(child);
  if (!ended) return Fail(Kind::timeout, what + ": not done within 10 s");
  return answer;
}

Result<std::string> in_jail(int jid, const std::string& what, std::size_t most, const Work& work) {
  return in_child(what, most, [&](int answer) { enter_and_work(jid, answer, work); });
}

}  // namespace jaild::host
