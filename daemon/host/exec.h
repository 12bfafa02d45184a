// A command that somebody runs in a running jail, as a host carries it: bytes in, bytes out, the exit at the end.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "api/contract/exec.h"
#include "api/contract/result.h"

namespace jaild::host {

constexpr std::size_t exec_piece_bytes = 32 * 1024;  // of one ExecOutput

// Any thread. Callbacks come on a thread of the host, each at most once; after the destructor they come no more, but
// for one that is under way. Nothing is read from the command that was not asked for, so one that floods its output is
// held by its own pipe or terminal.
class ExecSession {
 public:
  // Hangs up: the command and its children are ended, unless it has exited.
  virtual ~ExecSession() = default;

  // The next output, or the exit, after which there is nothing more to read. One at a time. Kind::unavailable: the
  // jail's monitor is gone, and nobody knows how the command ends.
  virtual void read(std::function<void(Result<ExecEvent>)> done) = 0;
  // `taken`: the command's standard input has room for more. One at a time. What a command does not read any more is
  // dropped. Empty `bytes`: the end of the input.
  virtual void write(std::string bytes, std::function<void()> taken) = 0;
  virtual void resize(TerminalSize size) = 0;
  virtual void signal(int number) = 0;  // to the process group of the command
};

// Called once: the command was exec'ed, or it could not be, which its exit says (code 126 or 127). Kind::not_running:
// the jail is gone; Kind::overloaded, Kind::unavailable: there is no monitor to run it, or it runs too many.
using ExecStarted = std::function<void(Result<std::unique_ptr<ExecSession>>)>;

}  // namespace jaild::host
