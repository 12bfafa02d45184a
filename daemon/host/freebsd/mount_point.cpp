#include "daemon/host/freebsd/mount_point.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string_view>

#include "daemon/host/freebsd/os_error.h"
#include "daemon/host/unique_fd.h"

namespace jaild::host {
namespace {

Error not_there(const std::string& what, const std::string& path, int code) {
  Error problem = os_error(what + " " + path, code);
  if (code == ENOENT) {
    problem.kind = Kind::missing;
    problem.message = what + " " + path + " does not exist: make it or correct it";
  }
  return problem;
}

}  // namespace

bool is_below(const std::string& root, const std::string& path) {
  if (root == "/" || path == root) return true;
  return path.starts_with(root) && path[root.size()] == '/';
}

Result<std::string> real_path(const std::string& path, const std::string& what) {
  char* resolved = ::realpath(path.c_str(), nullptr);
  if (resolved == nullptr) return Fail(not_there(what, path, errno));
  std::string text = resolved;
  std::free(resolved);
  return text;
}

Result<std::string> find_mount_point(const std::string& root, const std::string& target, const std::string& what) {
  if (!is_below(root, target)) return real_path(target, what);
  auto found = real_path(root, what);
  if (!found) return found;
  std::string_view rest = std::string_view(target).substr(root == "/" ? 0 : root.size());
  UniqueFd directory(::open(found->c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return Fail(not_there(what, *found, errno));
  while (true) {
    rest.remove_prefix(std::min(rest.find_first_not_of('/'), rest.size()));
    if (rest.empty()) return found;
    const std::string name(rest.substr(0, rest.find('/')));
    rest.remove_prefix(name.size());
    if (*found != "/") *found += '/';
    *found += name;
    if (name == "." || name == "..")
      return Fail(Kind::host_refused, what + " " + target + " holds " + name + ": write it without");
    struct stat status{};
    if (::fstatat(directory.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      return Fail(not_there(what, *found, errno));
    }
    if (S_ISLNK(status.st_mode)) {
      return Fail(Kind::host_refused, what + " " + target + " leads through the symbolic link " + *found +
                                          ", which the jail may have planted: put a directory in its place");
    }
    if (!S_ISDIR(status.st_mode)) {
      // nullfs mounts a file on a file.
      if (rest.find_first_not_of('/') == std::string_view::npos) return found;
      return Fail(os_error(what + " " + target, ENOTDIR));
    }
    UniqueFd next(::openat(directory.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!next) return Fail(not_there(what, *found, errno));
    directory = std::move(next);
  }
}

}  // namespace jaild::host
