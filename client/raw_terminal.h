// The terminal of this process in raw mode: every key goes to the command in the jail.
#pragma once

#include "api/contract/exec.h"
#include "api/contract/result.h"

namespace jaild::client {

// One at a time in a process. The mode is restored by the destructor and by every signal that ends or stops the process
// and can be caught; after a stop, raw mode comes back.
class RawTerminal {
 public:
  // Kind::invalid: `descriptor` is no terminal.
  static Result<RawTerminal> enter(int descriptor);
  RawTerminal(RawTerminal&& other) noexcept : owns_(other.owns_) { other.owns_ = false; }
  RawTerminal& operator=(RawTerminal&&) = delete;
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;
  ~RawTerminal();

 private:
  RawTerminal() = default;
  bool owns_ = true;
};

// Of the terminal at `descriptor`; 80 by 24 where it does not say.
[[nodiscard]] TerminalSize terminal_size(int descriptor);

}  // namespace jaild::client
