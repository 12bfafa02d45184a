#include "client/screen.h"

#include <pthread.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

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
  std::string text = home;
  std::size_t begin = 0;
  // The cursor rests below the picture, so the last row stays free: a line feed there would scroll.
  for (std::size_t row = 1; row < rows && begin < picture.size(); ++row) {
    const std::size_t end = std::min(picture.find('\n', begin), picture.size());
    text.append(picture, begin, end - begin).append(clear_line).append("\n");
    begin = end + 1;
  }
  return text + clear_rest;
}

// Only between two pictures, where everything that was begun is written.
extern "C" void end_well(int) {
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
}

Screen::~Screen() {
  std::signal(SIGINT, former_);
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
