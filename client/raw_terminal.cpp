#include "client/raw_terminal.h"

#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

namespace jaild::client {

namespace {

// A signal handler reaches nothing but globals.
int raw_descriptor = -1;
termios before;
termios raw;

// What ends the process when nobody catches it, then what stops it.
constexpr std::array caught{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGABRT, SIGSEGV, SIGBUS,
                            SIGFPE, SIGILL, SIGALRM, SIGUSR1, SIGUSR2, SIGTSTP};
std::array<struct sigaction, caught.size()> former;

// tcsetattr(3) may be called here (signal-safety(7)). From the background it would stop us: TTOU is ignored meanwhile.
// Not TCSADRAIN: a terminal that shows nothing for now must not keep us from ending.
void set_mode(const termios& mode) {
  struct sigaction ignore{};
  struct sigaction old{};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGTTOU, &ignore, &old);
  ::tcsetattr(raw_descriptor, TCSANOW, &mode);
  ::sigaction(SIGTTOU, &old, nullptr);
}

// Ends as it would have without us: the parent sees the signal.
void end_by(int signal) {
  set_mode(before);
  struct sigaction by_default{};
  by_default.sa_handler = SIG_DFL;
  ::sigaction(signal, &by_default, nullptr);
  ::raise(signal);
}

void stop() {
  const int saved = errno;
  set_mode(before);
  ::kill(::getpid(), SIGSTOP);  // and here it goes on after SIGCONT
  set_mode(raw);
  errno = saved;
}

extern "C" void on_signal(int signal) {
  if (signal == SIGTSTP) return stop();
  end_by(signal);
}

}  // namespace

Result<RawTerminal> RawTerminal::enter(int descriptor) {
  if (::tcgetattr(descriptor, &before) != 0) {
    return Fail(Kind::invalid, "standard input is no terminal: " + std::generic_category().message(errno), errno);
  }
  raw = before;
  ::cfmakeraw(&raw);
  raw_descriptor = descriptor;
  struct sigaction action{};
  action.sa_handler = on_signal;
  sigfillset(&action.sa_mask);  // one at a time
  for (std::size_t i = 0; i < caught.size(); ++i) {
    ::sigaction(caught[i], nullptr, &former[i]);
    const bool ignored = former[i].sa_handler == SIG_IGN;  // nohup(1)
    if (!ignored) ::sigaction(caught[i], &action, nullptr);
  }
  set_mode(raw);
  return RawTerminal();
}

RawTerminal::~RawTerminal() {
  if (!owns_) return;
  set_mode(before);
  for (std::size_t i = 0; i < caught.size(); ++i) ::sigaction(caught[i], &former[i], nullptr);
}

TerminalSize terminal_size(int descriptor) {
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
  return {size.ws_col, size.ws_row};
}

}  // namespace jaild::client
