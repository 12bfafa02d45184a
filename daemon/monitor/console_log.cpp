#include "daemon/monitor/console_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

namespace jaild::monitor {

ConsoleLog::ConsoleLog(std::string path, std::uint64_t start, std::uint64_t size_max)
    : path_(std::move(path)), start_(start), size_max_(size_max) {}

void ConsoleLog::write(std::string_view phase, LogStream stream, std::string_view text,
                       std::chrono::system_clock::time_point now) {
  if (unreported_ > 0) {
    if (append("jaild", LogStream::err, std::to_string(unreported_) + " lines lost", now)) unreported_ = 0;
  }
  if (unreported_ > 0 || !append(phase, stream, text, now)) count_lost(1);
}

bool ConsoleLog::append(std::string_view phase, LogStream stream, std::string_view text,
                        std::chrono::system_clock::time_point now) {
  std::string harmless(text);
  for (char& c : harmless) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t') || byte == 0x7f) c = '?';
  }
  std::string line = half_line_ ? "\n" : "";
  line += to_string(LogLine{log_time(now), start_, std::string(phase), stream, std::move(harmless)}) + "\n";

  if (size_ + line.size() > size_max_ && size_ > 0) rotate();
  if (!file_ && !open()) return false;
  const ssize_t wrote = ::write(file_.get(), line.data(), line.size());
  if (wrote > 0) size_ += static_cast<std::uint64_t>(wrote);
  if (wrote == static_cast<ssize_t>(line.size())) {
    half_line_ = false;
    return true;
  }
  half_line_ = half_line_ || wrote > 0;
  return false;
}

bool ConsoleLog::open() {
  file_.reset(::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0640));
  struct stat status{};
  if (!file_ || ::fstat(file_.get(), &status) != 0) return false;
  size_ = static_cast<std::uint64_t>(status.st_size);
  return true;
}

void ConsoleLog::rotate() {
  file_.reset();
  size_ = 0;
  half_line_ = false;
  for (int i = generations; i > 0; --i) {
    const std::string from = i == 1 ? path_ : path_ + "." + std::to_string(i - 1);
    // Where a rename fails the lines go on into the old file: too large a log is better than none.
    ::rename(from.c_str(), (path_ + "." + std::to_string(i)).c_str());
  }
}

}  // namespace jaild::monitor
