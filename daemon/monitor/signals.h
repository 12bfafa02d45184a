// Signals as bytes in a pipe, so that poll(2) waits for them together with everything else.
#pragma once

#include <csignal>

#include "api/contract/result.h"
#include "daemon/host/unique_fd.h"

namespace jaild::monitor {

// One in a process. SIGCHLD wakes; TERM, INT, HUP, PIPE and their like do nothing: a monitor ends when it is told to
// (protocol.h).
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

// Around a fork. A signal to the child that comes before reset_in_child() then waits for it and has its usual effect;
// with SIG_IGN, or not blocked, it would be lost, and a command that is to end at once would not.
class SignalsBlocked {
 public:
  SignalsBlocked();
  ~SignalsBlocked();
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

}  // namespace jaild::monitor
