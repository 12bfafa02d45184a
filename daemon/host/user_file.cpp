#include "daemon/host/user_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace jaild::host {
namespace {

bool is_same(const struct stat& one, const struct stat& other) {
  return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

}  // namespace

Result<std::string> read_user_file(const std::string& path, const std::string& what, const IsTree& is_tree,
                                   std::size_t size_max) {
  const auto refused = [&](const std::string& why, int code = 0) {
    return Fail(Kind::host_refused, what + " " + path + " " + why, code);
  };
  const auto failed = [&](int code) {
    return refused("cannot be read: " + std::generic_category().message(code), code);
  };
  const auto found = walk_host_path(path, what, is_tree);
  if (!found) return Fail(found.error());
  if (found->in_tree)
    return refused("lies where a jail can write, and no jail gives the host orders: keep it elsewhere");
  struct stat seen{};
  if (::fstat(found->fd.get(), &seen) != 0) return failed(errno);
  if (!S_ISREG(seen.st_mode) || found->name.empty()) return refused("is no regular file: correct it");
  constexpr int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  const UniqueFd file(::openat(found->directory.get(), found->name.c_str(), flags));
  if (!file) return failed(errno);
  struct stat opened{};
  if (::fstat(file.get(), &opened) != 0) return failed(errno);
  if (!is_same(seen, opened)) return refused("was replaced while it was opened: try again");
  std::string text;
  std::array<char, 16 * 1024> piece{};
  for (;;) {
    const ssize_t size = ::read(file.get(), piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return failed(errno);
    if (size == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(size));
    if (text.size() > size_max) return refused("is longer than " + std::to_string(size_max) + " bytes: shorten it");
  }
}

}  // namespace jaild::host
