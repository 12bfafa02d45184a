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

Error not_there(const std::string& path, int code) {
  if (code == ENOENT) return Error{Kind::missing, "mount point " + path + " does not exist", code, {}};
  return os_error("mount point " + path, code);
}

Result<std::string> real_path(const std::string& path) {
  char* resolved = ::realpath(path.c_str(), nullptr);
  if (resolved == nullptr) return Fail(not_there(path, errno));
  std::string text = resolved;
  std::free(resolved);
  return text;
}

}  // namespace

bool is_below(const std::string& root, const std::string& path) {
  if (root == "/" || path == root) return true;
  return path.starts_with(root) && path[root.size()] == '/';
}

Result<std::string> find_mount_point(const std::string& root, const std::string& target) {
  if (!is_below(root, target)) return real_path(target);
  auto found = real_path(root);
  if (!found) return found;
  std::string_view rest = std::string_view(target).substr(root == "/" ? 0 : root.size());
  UniqueFd directory(::open(found->c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return Fail(not_there(*found, errno));
  while (true) {
    rest.remove_prefix(std::min(rest.find_first_not_of('/'), rest.size()));
    if (rest.empty()) return found;
    const std::string name(rest.substr(0, rest.find('/')));
    rest.remove_prefix(name.size());
    if (*found != "/") *found += '/';
    *found += name;
    if (name == "." || name == "..") return Fail(Kind::host_refused, "mount point " + target + " holds " + name);
    struct stat status{};
    if (::fstatat(directory.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      return Fail(not_there(*found, errno));
    }
    if (S_ISLNK(status.st_mode)) {
      return Fail(Kind::host_refused, "mount point " + target + " leads through the symbolic link " + *found);
    }
    if (!S_ISDIR(status.st_mode)) {
      // nullfs mounts a file on a file.
      if (rest.find_first_not_of('/') == std::string_view::npos) return found;
      return Fail(os_error("mount point " + target, ENOTDIR));
    }
    UniqueFd next(::openat(directory.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!next) return Fail(not_there(*found, errno));
    directory = std::move(next);
  }
}

}  // namespace jaild::host
