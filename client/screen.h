// A picture that is drawn again and again: top, status -w.
#pragma once

#include <chrono>
#include <ostream>
#include <sstream>
#include <string>

#include "client/session.h"
#include "client/terminal.h"

namespace jaild::client {

// While it lives, Ctrl-C (SIGINT) ends the process at once with code 0, but never in the middle of a picture, and keys
// are read as they are typed and not echoed; the terminal is put back however it ends. One at a time, on the main
// thread.
class Screen {
 public:
  explicit Screen(Terminal& terminal);  // not owned
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  // On a terminal `picture` takes the place of the one before, cut off at the last row; elsewhere pictures follow each
  // other, `between` before each but the first. Ends in a line feed, or is empty.
  void show(const std::string& picture, const std::string& between = "\n");

  // Waits so long between two pictures. False: the user pressed q, or the terminal is gone.
  bool pause(std::chrono::milliseconds time);

 private:
  Terminal& terminal_;
  bool first_ = true;
  void (*former_)(int);
};

// A session like `like` whose output becomes a picture.
class Sketch {
 public:
  explicit Sketch(Session& like)
      : terminal_{.in = like.terminal().in,
                  .out = text_,
                  .err = like.terminal().err,
                  .in_tty = like.terminal().in_tty,
                  .out_tty = like.terminal().out_tty,
                  .err_tty = like.terminal().err_tty,
                  .utf8 = like.terminal().utf8,
                  .environment = like.terminal().environment,
                  .out_columns = like.terminal().out_columns},
        session_(terminal_, like.api(), like.json()) {}
  Sketch(const Sketch&) = delete;
  Sketch& operator=(const Sketch&) = delete;

  [[nodiscard]] Session& session() { return session_; }
  [[nodiscard]] std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
  Terminal terminal_;
  Session session_;
};

}  // namespace jaild::client
