#include "daemon/runtime/log_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace jaild::runtime {
namespace {

// A longer one is none of the monitor's; what precedes it is found no more.
constexpr std::size_t line_bytes_max = 64 * 1024;

std::unexpected<Error> refused(const std::string& path, int code) {
  return Fail(Kind::host_refused, path + ": " + std::generic_category().message(code), code);
}

}  // namespace

LogReader::LogReader(std::string path, LogQuery query) : path_(std::move(path)), query_(query) {
  if (query_.since) since_ = log_time(*query_.since);
}

// From the newest to the oldest: a rotation meanwhile shows one file twice and hides none that there was.
Result<std::vector<LogReader::File>> LogReader::open_all() const {
  std::vector<File> files;
  for (int i = 0; i <= log_generations; ++i) {
    const std::string path = i == 0 ? path_ : path_ + "." + std::to_string(i);
    File file{UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)), 0};
    if (!file.fd && errno == ENOENT) continue;
    const bool is_link = !file.fd && (errno == ELOOP || errno == EMLINK);  // EMLINK: FreeBSD
    struct stat status{};
    if (!is_link && (!file.fd || ::fstat(file.fd.get(), &status) != 0)) return refused(path, errno);
    if (!S_ISREG(status.st_mode)) {
      return Fail(Kind::host_refused, path + " is no file any more: move away what stands in its place");
    }
    file.inode = status.st_ino;
    const bool known = std::ranges::any_of(files, [&](const File& each) { return each.inode == file.inode; });
    if (!known) files.push_back(std::move(file));
  }
  std::ranges::reverse(files);
  return files;
}

Result<void> LogReader::walk_back(const EachLine& each) const {
  std::string text;  // from `begin` of the file to where lines were told already
  for (std::size_t file = files_.size(); file-- > 0;) {
    text.clear();
    off_t begin = ::lseek(files_[file].fd.get(), 0, SEEK_END);
    bool cut = true;  // what follows the last line feed is being written
    while (begin > 0) {
      const auto size = static_cast<std::size_t>(std::min<off_t>(begin, LogReader::page_bytes));
      std::string piece(size, '\0');
      const ssize_t got = ::pread(files_[file].fd.get(), piece.data(), size, begin - static_cast<off_t>(size));
      if (got != static_cast<ssize_t>(size)) return refused(path_, got < 0 ? errno : EIO);
      begin -= static_cast<off_t>(size);
      text.insert(0, piece);
      for (std::size_t feed = text.rfind('\n'); feed != std::string::npos; feed = text.rfind('\n')) {
        const std::string_view line = std::string_view(text).substr(feed + 1);
        if (!std::exchange(cut, false) && !each(line, file, begin + static_cast<off_t>(feed) + 1)) return {};
        text.resize(feed);
      }
      if (text.size() > line_bytes_max) return {};
    }
    if (!cut && !each(text, file, 0)) return {};
  }
  return {};
}

Result<void> LogReader::find_begin() {
  begun_ = true;
  auto files = open_all();
  if (!files) return Fail(files.error());
  files_ = std::move(*files);
  const bool relative = query_.start && *query_.start <= 0;
  if (query_.start && !relative) start_ = static_cast<std::uint64_t>(*query_.start);
  if (!query_.tail && !relative) return {};

  std::uint64_t later = 0;  // starts that are met and not wanted
  // Not -start: the least number has no opposite.
  const std::uint64_t back = relative ? std::uint64_t{0} - static_cast<std::uint64_t>(*query_.start) : 0;
  std::uint64_t last = 0;
  std::uint64_t found = 0;
  if (!files_.empty()) present_ = files_.size() - 1;
  if (!files_.empty()) offset_ = ::lseek(files_.back().fd.get(), 0, SEEK_END);
  if (query_.tail == 0U && !query_.start) return {};
  auto walked = walk_back([&](std::string_view line, std::size_t file, off_t offset) {
    const auto head = parse_log_head(line);
    if (!head) return true;
    if (relative && start_ == 0) {
      if (last != 0 && head->start != last) ++later;
      last = head->start;
      if (later == back) start_ = head->start;
    }
    if (!since_.empty() && head->at < since_) return false;
    if (query_.start && (start_ == 0 || head->start > start_)) return true;
    if (query_.start && head->start < start_) return false;
    if (query_.tail && found == *query_.tail) return false;
    ++found;
    present_ = file;
    offset_ = offset;
    return true;
  });
  none_ = relative && start_ == 0 && (later > 0 || back > 0);
  return walked;
}

Result<bool> LogReader::read_piece() {
  if (present_ >= files_.size()) return false;
  const int fd = files_[present_].fd.get();
  std::array<char, LogReader::page_bytes> piece;
  ssize_t got = ::pread(fd, piece.data(), piece.size(), offset_);
  if (got < 0) return refused(path_, errno);
  struct stat status{};
  if (got == 0 && ::fstat(fd, &status) == 0 && status.st_size < offset_) {  // somebody emptied it
    text_.clear();
    offset_ = 0;
    got = ::pread(fd, piece.data(), piece.size(), 0);
  }
  if (got <= 0) return false;
  text_.append(piece.data(), static_cast<std::size_t>(got));
  offset_ += got;
  return true;
}

void LogReader::take_line(std::string_view line, LogPage& page) {
  const auto head = parse_log_head(line);
  if (!head || (!since_.empty() && head->at < since_)) return;
  if (start_ != 0 && head->start > start_) over_ = true;
  if (start_ != 0 && head->start != start_) return;
  if (auto whole = parse_log_line(line)) page.lines.push_back(std::move(*whole));
}

void LogReader::take_lines(LogPage& page) {
  std::size_t begin = 0;
  for (std::size_t feed = text_.find('\n'); feed != std::string::npos && !over_; feed = text_.find('\n', begin)) {
    take_line(std::string_view(text_).substr(begin, feed - begin), page);
    begin = feed + 1;
  }
  text_.erase(0, begin);
  if (text_.size() > line_bytes_max) text_.clear();
}

Result<bool> LogReader::go_on() {
  if (present_ + 1 >= files_.size()) {
    auto now = open_all();
    if (!now) return Fail(now.error());
    auto newer = now->begin();
    if (!files_.empty()) {
      const auto same = [&](const File& file) { return file.inode == files_.back().inode; };
      const auto known = std::ranges::find_if(*now, same);
      // Rotated away altogether, or removed: everything there is now came later.
      if (known != now->end()) newer = known + 1;
    }
    const bool first = files_.empty();
    for (; newer != now->end(); ++newer) files_.push_back(std::move(*newer));
    if (first && !files_.empty()) return true;
    if (present_ + 1 >= files_.size()) return false;
    // What was written before the rotation and after our last look at the file.
    auto more = read_piece();
    if (!more || *more) return more;
  }
  files_.erase(files_.begin(), files_.begin() + static_cast<std::ptrdiff_t>(present_) + 1);
  present_ = 0;
  offset_ = 0;
  text_.clear();
  return true;
}

Result<LogPage> LogReader::next() {
  if (!begun_) {
    if (auto found = find_begin(); !found) return Fail(found.error());
  }
  LogPage page;
  for (std::size_t looked = 0; looked < scan_bytes && page.lines.empty() && !none_ && !over_;
       looked += LogReader::page_bytes) {
    auto more = read_piece();
    if (!more) return Fail(more.error());
    if (*more) {
      take_lines(page);
      continue;
    }
    auto another = go_on();
    if (!another) return Fail(another.error());
    take_lines(page);
    if (!*another) {
      page.end = true;
      break;
    }
  }
  page.over = none_ || over_ || (page.end && !query_.follow);
  page.end = page.end || page.over;
  return page;
}

}  // namespace jaild::runtime
