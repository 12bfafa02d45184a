#include "client/screen.h"

#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <thread>

namespace jaild::client {

namespace {

// Rows of the terminal on standard output; more than any has where it does not tell.
std::size_t rows_now() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row < 2) return 10'000;
  return size.ws_row;
}

// Over what is there, line by line, so that nothing flickers; what is left of the former picture goes last.
std::string over_the_former(const std::string& picture, std::size_t rows) {
  const std::string home = "\x1b[H";
  const std::string clear_line = "\x1b[K";
  const std::string clear_rest = "\x1b[J";
  const std::string cut_lines = "\x1b[?7l";  // a line that wraps would push the others out
  const std::string wrap_lines = "\x1b[?7h";
  std::string text = home + cut_lines;
  std::size_t begin = 0;
  // The cursor rests below the picture, so the last row stays free: a line feed there would scroll.
  for (std::size_t row = 1; row < rows && begin < picture.size(); ++row) {
    const std::size_t end = std::min(picture.find('\n', begin), picture.size());
    text.append(picture, begin, end - begin).append(clear_line).append("\n");
    begin = end + 1;
  }
  return text + clear_rest + wrap_lines;
}

// The keyboard's mode before ours, for the handler, too; -1: it is as it was.
int keyboard = -1;
termios former_mode{};

// Keys one by one and not echoed; Ctrl-C stays a signal. Not where jailctl is a shell's background job: it would be
// stopped.
void read_keys(int descriptor) {
  if (descriptor < 0 || ::tcgetpgrp(descriptor) != ::getpgrp() || ::tcgetattr(descriptor, &former_mode) != 0) return;
  termios mode = former_mode;
  mode.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  if (::tcsetattr(descriptor, TCSANOW, &mode) == 0) keyboard = descriptor;
}

void give_keyboard_back() {
  if (keyboard >= 0) ::tcsetattr(keyboard, TCSANOW, &former_mode);
  keyboard = -1;
}

// Only between two pictures, where everything that was begun is written.
extern "C" void end_well(int) {
  give_keyboard_back();
  ::_exit(0);
}

class Interruptions {
 public:
  Interruptions() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }
  ~Interruptions() { pthread_sigmask(SIG_UNBLOCK, &set_, nullptr); }
  Interruptions(const Interruptions&) = delete;
  Interruptions& operator=(const Interruptions&) = delete;

 private:
  sigset_t set_;
};

}  // namespace

Screen::Screen(Terminal& terminal) : terminal_(terminal), former_(std::signal(SIGINT, end_well)) {
  if (former_ == SIG_IGN) std::signal(SIGINT, SIG_IGN);  // a shell's background job
  if (terminal_.in_tty && terminal_.out_tty) read_keys(terminal_.in_descriptor);
}

Screen::~Screen() {
  give_keyboard_back();
  std::signal(SIGINT, former_);
}

bool Screen::pause(std::chrono::milliseconds time) {
  if (keyboard < 0) {
    std::this_thread::sleep_for(time);
    return true;
  }
  const auto end = std::chrono::steady_clock::now() + time;
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
    if (left <= 0) return true;
    pollfd keys{keyboard, POLLIN, 0};
    const int ready = ::poll(&keys, 1, static_cast<int>(left));
    if (ready < 0 && errno != EINTR) return false;
    if (ready <= 0) continue;
    char key = 0;
    if (::read(keyboard, &key, 1) <= 0 || key == 'q' || key == 'Q') return false;
  }
}

void Screen::show(const std::string& picture, const std::string& between) {
  const Interruptions held_back;
  if (terminal_.out_tty && variable(terminal_.environment, "TERM") != "dumb") {
    if (first_) terminal_.out << "\x1b[2J";
    terminal_.out << over_the_former(picture, rows_now());
  } else {
    if (!first_) terminal_.out << between;
    terminal_.out << picture;
  }
  first_ = false;
  terminal_.out << std::flush;
}

}  // namespace jaild::client
