#include "daemon/monitor/terminal.h"

#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>

#include "daemon/monitor/file_record.h"

namespace jaild::monitor {

Result<void> take_terminal(const Terminal& terminal, const TerminalSize& size, uid_t owner) {
  const int slave = terminal.slave.get();
  winsize window{};
  window.ws_col = static_cast<unsigned short>(size.columns);
  window.ws_row = static_cast<unsigned short>(size.rows);
  if (::ioctl(slave, TIOCSWINSZ, &window) != 0) return FailErrno(Kind::host_refused, "size of the terminal", errno);
  if (::ioctl(slave, TIOCSCTTY, 0) != 0) return FailErrno(Kind::host_refused, "controlling terminal", errno);
  // The group stays: on Linux it is that of the mount, on FreeBSD tty.
  if (::fchown(slave, owner, static_cast<gid_t>(-1)) != 0) {
    return FailErrno(Kind::host_refused, "owner of the terminal", errno);
  }
  return {};
}

}  // namespace jaild::monitor
