#include "daemon/monitor/signals.h"

#include <fcntl.h>

#include <array>
#include <cerrno>
#include <csignal>

namespace jaild::monitor {
namespace {

// A signal handler reaches nothing but globals.
int wake_fd = -1;

extern "C" void on_child(int /*signal*/) {
  const int saved = errno;
  // A full pipe wakes as well as one byte more.
  [[maybe_unused]] const auto written = ::write(wake_fd, "", 1);
  errno = saved;
}

// Not SIG_IGN: see SignalsBlocked.
extern "C" void on_anything_else(int /*signal*/) {}

constexpr std::array unheeded{SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGQUIT, SIGUSR1, SIGUSR2};

void handle(int signal, void (*handler)(int)) {
  struct sigaction action{};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART | SA_NOCLDSTOP;
  sigemptyset(&action.sa_mask);
  ::sigaction(signal, &action, nullptr);
}

}  // namespace

Result<Signals> Signals::install() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return Fail(Kind::internal, "pipe for signals", errno);
  Signals signals;
  signals.reader_.reset(ends[0]);
  signals.writer_.reset(ends[1]);
  wake_fd = ends[1];
  for (const int signal : unheeded) handle(signal, on_anything_else);
  handle(SIGCHLD, on_child);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  return signals;
}

SignalsBlocked::SignalsBlocked() {
  sigset_t all;
  sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, &before_);
}

SignalsBlocked::~SignalsBlocked() {
  ::sigprocmask(SIG_SETMASK, &before_, nullptr);
}

void Signals::drain() const {
  std::array<char, 256> bytes{};
  while (::read(reader_.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size())) {
  }
}

void Signals::reset_in_child() {
  for (const int signal : unheeded) handle(signal, SIG_DFL);
  handle(SIGCHLD, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace jaild::monitor
