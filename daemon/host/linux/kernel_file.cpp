#include "daemon/host/linux/kernel_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <system_error>

#include "daemon/host/unique_fd.h"

namespace jaild::host {

Error os_error(const std::string& what, int os_errno) {
  const Kind kind = os_errno == ENOENT ? Kind::missing : Kind::host_refused;
  return Error{kind, what + ": " + std::generic_category().message(os_errno), os_errno, {}};
}

namespace {

constexpr std::size_t piece_size = 4096;

// One read(2); "" at the end.
Result<std::string> read_piece(const UniqueFd& fd, const std::string& path) {
  char buffer[piece_size];
  ssize_t count = -1;
  do count = ::read(fd.get(), buffer, sizeof buffer);
  while (count < 0 && errno == EINTR);
  if (count < 0) return Fail(os_error("read " + path, errno));
  return std::string(buffer, static_cast<std::size_t>(count));
}

Result<std::string> read_pieces(const std::string& path, std::size_t size_max, bool short_piece_ends) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return Fail(os_error("open " + path, errno));
  std::string text;
  for (;;) {
    const auto piece = read_piece(fd, path);
    if (!piece) return piece;
    text += *piece;
    if (piece->empty() || (short_piece_ends && piece->size() < piece_size)) return text;
    if (text.size() > size_max) return Fail(Kind::too_large, path + " is larger than expected");
  }
}

}  // namespace

Result<std::string> read_text(const std::string& path, std::size_t size_max) {
  return read_pieces(path, size_max, false);
}

Result<std::string> read_value(const std::string& path) {
  return read_pieces(path, kernel_file_max, true);
}

Result<void> write_text(const std::string& path, std::string_view text) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
  if (!fd) return Fail(os_error("open " + path, errno));
  const ssize_t count = ::write(fd.get(), text.data(), text.size());
  if (count != static_cast<ssize_t>(text.size())) {
    return Fail(os_error("write '" + trim(text) + "' to " + path, count < 0 ? errno : EIO));
  }
  return {};
}

std::string trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\n");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\n") - first + 1));
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> pieces;
  while (!text.empty()) {
    const auto end = text.find(separator);
    if (end != 0) pieces.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return pieces;
}

bool to_number(std::string_view text, unsigned long long& number) {
  const auto start = text.find_first_not_of(" \t\n");
  if (start == std::string_view::npos) return false;
  return std::from_chars(text.data() + start, text.data() + text.size(), number).ec == std::errc();
}

}  // namespace jaild::host
