// jailctl: the streams, the signals and the environment of a process around client/app.h.
#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <clocale>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string_view>
#include <system_error>

#include "api/contract/standard_fds.h"
#include "client/app.h"

namespace {

using namespace jaild::client;

Environment read_environment() {
  Environment environment;
  for (const char* name :
       {"JAILD_SOCKET", "JAILD_URL", "JAILD_TOKEN_FILE", "VISUAL", "EDITOR", "TMPDIR", "NO_COLOR", "TERM"}) {
    if (const char* value = std::getenv(name)) environment[name] = value;
  }
  return environment;
}

// Where Ctrl-C finds no command that has its own way to end: the line that it cut off is ended, so that the shell's
// prompt begins its own.
extern "C" void end_interrupted(int) {
  constexpr int code = 128 + SIGINT;
  if (::isatty(STDERR_FILENO) == 1) {
    const ssize_t written = ::write(STDERR_FILENO, "\n", 1);
    static_cast<void>(written);  // there is nobody else to tell
  }
  ::_exit(code);
}

bool locale_is_utf8() {
  std::setlocale(LC_CTYPE, "");
  return std::string_view(::nl_langinfo(CODESET)) == "UTF-8";
}

std::size_t columns_of(int descriptor) {
  winsize size{};
  return ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

}  // namespace

int main(int count, char** arguments) {
  jaild::open_standard_fds();
  // A reader that goes away is an error of write(2), which is dealt with below.
  std::signal(SIGPIPE, SIG_IGN);
  if (std::signal(SIGINT, end_interrupted) == SIG_IGN) std::signal(SIGINT, SIG_IGN);  // a shell's background job
  DescriptorBuffer out_buffer(STDOUT_FILENO);
  DescriptorBuffer err_buffer(STDERR_FILENO);
  std::ostream out(&out_buffer);
  std::ostream err(&err_buffer);
  err << std::unitbuf;
  Terminal terminal{std::cin,
                    out,
                    err,
                    ::isatty(STDIN_FILENO) == 1,
                    ::isatty(STDOUT_FILENO) == 1,
                    ::isatty(STDERR_FILENO) == 1,
                    locale_is_utf8(),
                    read_environment(),
                    STDIN_FILENO,
                    columns_of(STDOUT_FILENO)};
  const ExitCode code = run(std::vector<std::string>(arguments + 1, arguments + count), terminal);
  out.flush();
  const int error = out_buffer.write_errno();
  // Who closed the pipe (head, less) has seen enough: that is no failure of ours, and nothing to talk about.
  if (error != 0 && error != EPIPE) {
    err << "jailctl: cannot write the answer: " << std::generic_category().message(error) << '\n';
    return static_cast<int>(ExitCode::failed);
  }
  return static_cast<int>(code);
}
