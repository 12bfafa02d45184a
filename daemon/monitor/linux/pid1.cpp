#include "daemon/monitor/linux/pid1.h"

#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <vector>

#include "daemon/host/pass_fds.h"
#include "daemon/host/unique_fd.h"
#include "daemon/monitor/child.h"
#include "daemon/monitor/file_record.h"
#include "daemon/monitor/jail.h"
#include "daemon/monitor/linux/capabilities.h"
#include "daemon/monitor/linux/limits.h"
#include "daemon/monitor/linux/rootfs.h"

namespace jaild::monitor {
namespace {

Result<void> raise_loopback() {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::memcpy(static_cast<char*>(request.ifr_name), "lo", sizeof "lo");
  if (!socket || ::ioctl(socket.get(), SIOCGIFFLAGS, &request) != 0) {
    return FailErrno(Kind::host_refused, "find the loopback interface", errno);
  }
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  if (::ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0) {
    return FailErrno(Kind::host_refused, "raise the loopback interface", errno);
  }
  return {};
}

Result<void> set_up(const CreateRequest& jail, const std::string& staging) {
  if (jail.limits.cgroups) {
    const auto bounded = join_cpu_group(*jail.limits.cgroups);
    if (!bounded) return bounded;
  }
  if (::sethostname(jail.hostname.data(), jail.hostname.size()) != 0) {
    return FailErrno(Kind::host_refused, "host.hostname", errno);
  }
  if (::setdomainname(jail.domainname.data(), jail.domainname.size()) != 0) {
    return FailErrno(Kind::host_refused, "host.domainname", errno);
  }
  if (jail.net == CreateRequest::Net::fresh) {
    const auto raised = raise_loopback();
    if (!raised) return raised;
  }
  const auto rooted = enter_new_root(jail, staging);
  if (!rooted) return rooted;
  return drop_capabilities(0);
}

void tell(int channel, Pid1Message message, const std::string& text = "") {
  const std::string packet = static_cast<char>(message) + text;
  // A monitor that does not read has died or is about to ask again.
  [[maybe_unused]] const auto sent = ::send(channel, packet.data(), packet.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

// kill(2) with -1 reaches every process in this pid namespace but us; zombies not yet reaped count.
bool is_alone() {
  return ::kill(-1, 0) != 0 && errno == ESRCH;
}

void reap(int channel) {
  bool reaped = false;
  while (::waitpid(-1, nullptr, WNOHANG) > 0) reaped = true;
  if (reaped && channel >= 0 && is_alone()) tell(channel, Pid1Message::empty);
}

// False: the monitor is gone.
bool answer(int channel, std::vector<UniqueFd>& consoles) {
  std::array<char, 64> packet{};
  const ssize_t got = receive_with_fds(channel, packet.data(), packet.size(), consoles, MSG_DONTWAIT);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  if (got == 0) return false;
  if (packet[0] == static_cast<char>(Pid1Message::query)) {
    tell(channel, is_alone() ? Pid1Message::empty : Pid1Message::occupied);
  }
  return true;
}

// A pipe whose last writer is gone is closed, or it would wake us for ever.
void empty_pipe(UniqueFd& console) {
  std::array<char, 16 * 1024> bytes;
  const ssize_t got = ::read(console.get(), bytes.data(), bytes.size());
  if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) console.reset();
}

[[noreturn]] void live(UniqueFd channel, int children) {
  std::vector<UniqueFd> consoles;  // at most one for each phase that ran in the jail
  while (true) {
    std::vector<pollfd> fds{{children, POLLIN, 0}, {channel.get(), POLLIN, 0}};
    // As long as the monitor lives, reading is its business.
    for (const UniqueFd& console : consoles) fds.push_back({channel ? -1 : console.get(), POLLIN, 0});
    if (::poll(fds.data(), static_cast<nfds_t>(fds.size()), -1) < 0) {
      if (errno == EINTR) continue;
      ::_exit(1);  // the jail ends with us; who goes on here might do nothing else for ever
    }
    for (std::size_t i = 2; i < fds.size(); ++i) {
      if (fds[i].revents != 0) empty_pipe(consoles[i - 2]);
    }
    if (fds[0].revents != 0) {
      signalfd_siginfo info{};
      [[maybe_unused]] const auto got = ::read(children, &info, sizeof info);
      reap(channel.get());
    }
    if (fds[1].revents != 0 && !answer(channel.get(), consoles)) channel.reset();
  }
}

// What it has as 0, 1 and 2 came from the host.
void let_go_of_stdio() {
  const auto none = ended_pipe();
  for (const int fd : {0, 1, 2}) {
    if (!none || ::dup2(none->get(), fd) < 0) ::close(fd);
  }
}

void wait_for_go(int channel) {
  std::array<char, 64> packet{};
  ssize_t got = -1;
  do {
    got = ::recv(channel, packet.data(), packet.size(), 0);
  } while (got < 0 && errno == EINTR);
  if (got <= 0 || packet[0] != static_cast<char>(Pid1Message::go)) ::_exit(1);
}

int watch_children() {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGQUIT, SIGUSR1, SIGUSR2}) ::signal(signal, SIG_IGN);
  ::signal(SIGCHLD, SIG_DFL);
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  ::sigprocmask(SIG_SETMASK, &child, nullptr);
  return ::signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
}

}  // namespace

void run_pid1(const CreateRequest& jail, const std::string& staging, int inherited) {
  constexpr int channel_fd = 3;
  ::setsid();
  show_as("jaild-pid1");
  ::umask(022);
  if (inherited != channel_fd) ::dup3(inherited, channel_fd, O_CLOEXEC);
  ::close_range(channel_fd + 1, ~0U, 0);
  let_go_of_stdio();
  UniqueFd channel(channel_fd);
  const int children = watch_children();
  wait_for_go(channel.get());
  const auto made = children < 0 ? FailErrno(Kind::internal, "signalfd", errno) : set_up(jail, staging);
  if (!made) {
    tell(channel.get(), Pid1Message::failed, encode_report(made.error()));
    ::_exit(1);
  }
  tell(channel.get(), Pid1Message::ready);
  live(std::move(channel), children);
}

}  // namespace jaild::monitor
