#include "daemon/monitor/terminal.h"

#include <sys/param.h>  // before the others, which use its types

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>

#include "daemon/monitor/file_record.h"

namespace jaild::monitor {

Result<Terminal> open_terminal() {
  // Works without /dev/ptmx; the terminal then belongs to this jail (tty_pts.c, pts_alloc).
  Terminal terminal{UniqueFd(::posix_openpt(O_RDWR | O_NOCTTY)), {}};
  if (!terminal.master) return FailErrno(Kind::host_refused, "allocate a terminal", errno);
  ::fcntl(terminal.master.get(), F_SETFD, FD_CLOEXEC);
  ::fcntl(terminal.master.get(), F_SETFL, O_RDWR | O_NONBLOCK);
  const char* path = ::ptsname(terminal.master.get());
  if (path == nullptr) return FailErrno(Kind::host_refused, "name of the terminal", errno);
  terminal.slave.reset(::open(path, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  // The jail's root may have put something else in its place.
  std::array<char, 64> device{};
  const bool real = terminal.slave && ::isatty(terminal.slave.get()) == 1 &&
                    ::fdevname_r(terminal.slave.get(), device.data(), device.size()) != nullptr &&
                    std::string_view(path) == "/dev/" + std::string(device.data());
  if (!real) return Fail(Kind::missing, "the jail has no " + std::string(path) + "; it needs mount.devfs");
  ::fcntl(terminal.slave.get(), F_SETFL, O_RDWR);
  return terminal;
}

}  // namespace jaild::monitor
