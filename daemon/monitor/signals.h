// Signals as bytes in a pipe, so that poll(2) waits for them together with everything else.
#pragma once

#include "api/contract/result.h"
#include "daemon/host/unique_fd.h"

namespace jaild::monitor {

// One in a process. SIGCHLD wakes; TERM, INT, HUP and PIPE are ignored: a monitor ends when it is told to (protocol.h).
class Signals {
 public:
  static Result<Signals> install();

  [[nodiscard]] int fd() const { return reader_.get(); }
  void drain() const;

  // In a forked child: everything as a fresh program expects it. Only plain system calls.
  static void reset_in_child();

 private:
  UniqueFd reader_;
  UniqueFd writer_;
};

}  // namespace jaild::monitor
