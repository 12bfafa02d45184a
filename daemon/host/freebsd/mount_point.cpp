#include "daemon/host/freebsd/mount_point.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "daemon/host/freebsd/os_error.h"

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

// Every link is followed.
Result<MountPoint> open_real(const std::string& path, const std::string& what) {
  auto real = real_path(path, what);
  if (!real) return Fail(real.error());
  MountPoint point{*std::move(real), UniqueFd(), "."};
  point.directory.reset(::open(point.path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (point.directory) return point;
  if (errno != ENOTDIR) return Fail(not_there(what, point.path, errno));
  const std::size_t slash = point.path.rfind('/');
  point.name = point.path.substr(slash + 1);
  point.directory.reset(
      ::open(point.path.substr(0, std::max<std::size_t>(slash, 1)).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!point.directory) return Fail(not_there(what, point.path, errno));
  return point;
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
  auto point = open_mount_point(root, target, what);
  if (!point) return Fail(point.error());
  return std::move(point->path);
}

Result<MountPoint> open_mount_point(const std::string& root, const std::string& target, const std::string& what) {
  if (!is_below(root, target)) return open_real(target, what);
  auto point = open_real(root, what);
  if (!point || point->name != ".") return point;
  std::string_view rest = std::string_view(target).substr(root == "/" ? 0 : root.size());
  while (true) {
    rest.remove_prefix(std::min(rest.find_first_not_of('/'), rest.size()));
    if (rest.empty()) return point;
    const std::string name(rest.substr(0, rest.find('/')));
    rest.remove_prefix(name.size());
    if (point->path != "/") point->path += '/';
    point->path += name;
    if (name == "." || name == "..")
      return Fail(Kind::host_refused, what + " " + target + " holds " + name + ": write it without");
    struct stat status{};
    if (::fstatat(point->directory.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      return Fail(not_there(what, point->path, errno));
    }
    if (S_ISLNK(status.st_mode)) {
      return Fail(Kind::host_refused, what + " " + target + " leads through the symbolic link " + point->path +
                                          ", which the jail may have planted: put a directory in its place");
    }
    if (!S_ISDIR(status.st_mode)) {
      if (rest.find_first_not_of('/') != std::string_view::npos) return Fail(os_error(what + " " + target, ENOTDIR));
      point->name = name;
      return point;
    }
    UniqueFd next(::openat(point->directory.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!next) return Fail(not_there(what, point->path, errno));
    point->directory = std::move(next);
  }
}

}  // namespace jaild::host
