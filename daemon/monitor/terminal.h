// The terminal of a command that somebody runs by hand: allocated inside the jail, so that it is the jail's own.
#pragma once

#include <sys/types.h>

#include "api/contract/exec.h"
#include "api/contract/result.h"
#include "daemon/host/unique_fd.h"

namespace jaild::monitor {

struct Terminal {
  UniqueFd master;  // non-blocking
  UniqueFd slave;
};

// In a child that is in the jail, still as root. What is found there is not trusted: it is a terminal or an error.
// Kind::missing: the jail has none, for want of mount.devfs.
Result<Terminal> open_terminal();

// Makes it the controlling terminal of this session, which has none, and gives it to `owner`.
Result<void> take_terminal(const Terminal& terminal, const TerminalSize& size, uid_t owner);

}  // namespace jaild::monitor
