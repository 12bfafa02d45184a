// Descriptors 0, 1 and 2 of a program that was started without some of them.
//
// The one thing in this box that is no value: jaild, jaild-monitor and jailctl all need it, and nothing else reaches
// all three. A header without a library, as it runs before everything else.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace jaild {

// Opens /dev/null on every one of 0, 1 and 2 that is closed: otherwise the next file, lock or socket of ours gets that
// number, is read as input, or has messages written into it. The first thing in main(), before any thread.
//
// Standard input is at its end then, and standard error is dropped. Standard output is opened for reading, so that a
// write still fails with EBADF: who asks for an answer and gives it no place is told so. Ends the program (1) where
// /dev/null cannot be opened.
inline void open_standard_fds() {
  constexpr int modes[] = {O_RDONLY, O_RDONLY, O_RDWR};
  for (int fd = 0; fd <= 2; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    if (::open("/dev/null", modes[fd]) == fd) continue;  // the lowest free number
    constexpr std::string_view text = "cannot open /dev/null, and a standard descriptor is closed\n";
    if (::write(2, text.data(), text.size()) < 0) ::_exit(1);
    ::_exit(1);
  }
}

}  // namespace jaild
