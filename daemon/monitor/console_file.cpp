#include "daemon/monitor/console_file.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace jaild::monitor {

Result<void> ConsoleFile::reopen(Clock::time_point now) {
  auto opened = open_();
  if (!opened) return Fail(opened.error());
  file_ = std::move(*opened);
  opened_ = now;
  return {};
}

std::uint64_t ConsoleFile::write(std::string_view bytes, Clock::time_point now) {
  constexpr std::chrono::seconds trust{1};
  // Refused: the one we have is still the best there is.
  if (now - opened_ >= trust && !reopen(now)) opened_ = now;
  error_ = 0;
  while (!bytes.empty() && error_ == 0) {  // a disk that fills up takes a part first
    const ssize_t wrote = ::write(file_.get(), bytes.data(), bytes.size());
    if (wrote > 0) bytes.remove_prefix(static_cast<std::size_t>(wrote));
    if (wrote <= 0) error_ = wrote < 0 ? errno : ENOSPC;
  }
  const auto feeds = static_cast<std::uint64_t>(std::ranges::count(bytes, '\n'));
  return !bytes.empty() && bytes.back() != '\n' ? feeds + 1 : feeds;
}

}  // namespace jaild::monitor
