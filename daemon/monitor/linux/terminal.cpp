#include "daemon/monitor/terminal.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>

#include "daemon/monitor/file_record.h"

namespace jaild::monitor {

Result<Terminal> open_terminal() {
  // The jail's root may have put anything in its place: a fifo must not block us, and what is no ptmx is not used. A
  // device file it cannot make.
  Terminal terminal{UniqueFd(::open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)), {}};
  struct stat status{};
  const bool real = terminal.master && ::fstat(terminal.master.get(), &status) == 0 && S_ISCHR(status.st_mode) &&
                    status.st_rdev == makedev(5, 2);  // Documentation/admin-guide/devices.txt of the kernel
  if (!real) return Fail(Kind::missing, "the jail has no /dev/ptmx for a terminal; it needs mount.devfs");
  int locked = 0;
  if (::ioctl(terminal.master.get(), TIOCSPTLCK, &locked) != 0) {
    return FailErrno(Kind::host_refused, "unlock the terminal", errno);
  }
  // By descriptor and not by a name that could lead elsewhere.
  terminal.slave.reset(::ioctl(terminal.master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!terminal.slave) return FailErrno(Kind::host_refused, "open the terminal", errno);
  return terminal;
}

}  // namespace jaild::monitor
