#include "daemon/monitor/console_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

namespace jaild::monitor {
namespace {

UniqueFd open_log_file(const std::string& path) {
  return UniqueFd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0640));
}

std::string parent_of(const std::string& path) {
  return path.substr(0, path.rfind('/') == std::string::npos ? 0 : path.rfind('/'));
}

}  // namespace

namespace {

// Of the control character that `text` begins with, 0: it does not. A terminal takes U+0080 to U+009F, in UTF-8 0xc2
// and the same byte, for the ESC sequences that they stand for.
std::size_t control_size(std::string_view text) {
  const auto byte = static_cast<unsigned char>(text.front());
  if ((byte < 0x20 && byte != '\t') || byte == 0x7f) return 1;
  const auto next = static_cast<unsigned char>(byte == 0xc2 && text.size() > 1 ? text[1] : 0);
  return next >= 0x80 && next < 0xa0 ? 2 : 0;
}

}  // namespace

ConsoleLog::ConsoleLog(std::string path, std::uint64_t start, std::uint64_t size_max)
    : path_(std::move(path)), start_(start), size_max_(size_max) {}

std::size_t ConsoleLog::add(std::string_view phase, LogStream stream, std::string_view text,
                            std::chrono::system_clock::time_point now, bool partial) {
  set_head(phase, stream, now, partial);
  const std::size_t size = head_.size() + text.size() + 1;
  if (batch_.empty()) writable_ = look_at_file();
  if (size_ + batch_.size() + size > size_max_ && size_ + batch_.size() > 0) {
    flush();
    rotate();
    writable_ = open();
  }
  batch_ += head_;
  while (!text.empty()) {
    const std::size_t control = control_size(text);
    batch_ += control > 0 ? '?' : text.front();
    text.remove_prefix(std::max<std::size_t>(control, 1));
  }
  batch_ += '\n';
  ++batch_lines_;
  if (batch_.size() >= batch_max) flush();
  return size;
}

void ConsoleLog::set_head(std::string_view phase, LogStream stream, std::chrono::system_clock::time_point now,
                          bool partial) {
  if (now == head_time_ && phase == head_phase_ && stream == head_stream_ && partial == head_partial_) return;
  head_time_ = now;
  head_phase_ = phase;
  head_stream_ = stream;
  head_partial_ = partial;
  head_ = to_string(LogLine{log_time(now), start_, head_phase_, stream, {}, partial});
}

std::string ConsoleLog::lost_notice() const {
  return to_string(LogLine{log_time(head_time_), start_, "jaild", LogStream::err,
                           std::to_string(unreported_) + " lines lost", false}) +
         "\n";
}

void ConsoleLog::flush() {
  if (batch_.empty()) return;
  std::string text = half_line_ ? "\n" : "";
  if (unreported_ > 0) text += lost_notice();
  const std::size_t before = text.size();
  text += batch_;
  batch_.clear();
  const std::uint64_t lines = std::exchange(batch_lines_, 0);
  const std::size_t wrote = writable_ ? write_out(text) : 0;
  size_ += wrote;
  if (wrote > 0) half_line_ = text[wrote - 1] != '\n';
  if (wrote >= before) unreported_ = 0;
  const auto told = std::string_view(text).substr(0, wrote).substr(std::min(before, wrote));
  const std::uint64_t missing = lines - static_cast<std::uint64_t>(std::ranges::count(told, '\n'));
  lost_ += missing;
  unreported_ += missing;
}

// A disk that fills up takes a part, and says why not the rest when it is asked again.
std::size_t ConsoleLog::write_out(std::string_view text) {
  std::size_t wrote = 0;
  error_ = 0;
  while (wrote < text.size() && error_ == 0) {
    const ssize_t got = ::write(file_.get(), text.data() + wrote, text.size() - wrote);
    if (got > 0) wrote += static_cast<std::size_t>(got);
    if (got <= 0) error_ = got < 0 ? errno : ENOSPC;
  }
  return wrote;
}

// Somebody may have removed or renamed the file, or emptied it.
bool ConsoleLog::look_at_file() {
  struct stat named{};
  struct stat held{};
  const bool same = file_ && ::lstat(path_.c_str(), &named) == 0 && ::fstat(file_.get(), &held) == 0 &&
                    named.st_ino == held.st_ino && named.st_dev == held.st_dev;
  if (!same) return open();
  size_ = static_cast<std::uint64_t>(held.st_size);
  half_line_ = half_line_ && size_ > 0;
  return true;
}

bool ConsoleLog::open() {
  half_line_ = half_line_ && !file_;  // another file has no half line of ours
  file_ = open_log_file(path_);
  if (!file_ && errno == ENOENT) {  // the directory of the logs was removed, perhaps with the one above
    const std::string directory = parent_of(path_);
    ::mkdir(parent_of(directory).c_str(), 0750);
    if (::mkdir(directory.c_str(), 0750) == 0) file_ = open_log_file(path_);
  }
  struct stat status{};
  if (!file_ || ::fstat(file_.get(), &status) != 0) {
    error_ = errno;
    return false;
  }
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
