#include "daemon/host/child_output.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace jaild::host {

bool read_to_end(int fd, std::chrono::milliseconds patience, std::size_t size_max, std::string& text) {
  using std::chrono::steady_clock;
  const auto deadline = steady_clock::now() + patience;
  std::array<char, 512> buffer{};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd wait{fd, POLLIN, 0};
    if (::poll(&wait, 1, static_cast<int>(left.count())) <= 0) continue;
    const ssize_t size = ::read(fd, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return true;
    if (text.size() < size_max) text.append(buffer.data(), static_cast<std::size_t>(size));
  }
}

}  // namespace jaild::host
