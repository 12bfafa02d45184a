#include "daemon/host/jail_trees.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <optional>
#include <system_error>
#include <utility>

#include "daemon/host/host_walk.h"
#include "daemon/host/unique_fd.h"

namespace jaild::host {
namespace {

// A path that leads through a link in a tree is not followed here either: what lies behind it is no jail's for that,
// and will not be mounted.
std::optional<std::string> real_name(const std::string& path, const IsTree& is_tree) {
  auto found = walk_host_path(path, "path", is_tree);
  if (!found || found->real == "/") return std::nullopt;
  return std::move(found->real);
}

// Until there are this many even a tree that is not there is kept: its file system may only be unmounted.
constexpr std::size_t trees_max = 10'000;

bool is_gone(const std::string& tree) {
  return ::access(tree.c_str(), F_OK) != 0 && errno == ENOENT;
}

std::unexpected<Error> cannot(const std::string& what, int code) {
  return Fail(Kind::host_refused, what + ": " + std::generic_category().message(code), code);
}

}  // namespace

JailTrees::JailTrees(std::string file) : file_(std::move(file)) {
  if (file_.empty()) return;
  std::ifstream in(file_);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with('/')) trees_.insert(line);
    if (line.starts_with('@')) identities_.insert(line);
  }
}

void JailTrees::declare(std::string path) {
  const std::lock_guard lock(declared_mutex_);
  declared_.insert(std::move(path));
}

Result<void> JailTrees::add(std::vector<std::string> paths) {
  {
    const std::lock_guard lock(declared_mutex_);
    paths.insert(paths.end(), declared_.begin(), declared_.end());
    declared_.clear();
  }
  const std::lock_guard lock(mutex_);
  bool grew = false;
  for (const std::string& path : paths) {
    const auto real = real_name(path, [this](const std::string& name) { return knows(name); });
    if (!real) continue;
    if (real->find('\n') != std::string::npos) {
      return Fail(Kind::invalid, "the path of a jail has a line break in it: rename the directory");
    }
    grew = keep(*real) || grew;
  }
  if (!grew || file_.empty()) return {};
  if (trees_.size() > trees_max || identities_.size() > 2 * trees_max) forget_gone();
  return write();
}

bool JailTrees::keep(const std::string& real) {
  const auto identity = identity_of(real);
  const bool other = identity && identities_.insert(*identity).second;
  return trees_.insert(real).second || other;
}

void JailTrees::forget_gone() {
  std::erase_if(trees_, is_gone);
  identities_.clear();
  for (const std::string& tree : trees_) {
    if (auto identity = identity_of(tree)) identities_.insert(std::move(*identity));
  }
}

std::optional<JailTrees::Identity> JailTrees::identity_of(const std::string& real) {
#if defined(__FreeBSD__)
  struct stat found{};
  if (::lstat(real.c_str(), &found) != 0 || found.st_birthtim.tv_sec <= 0) return std::nullopt;
  return "@" + std::to_string(found.st_dev) + " " + std::to_string(found.st_ino) + " " +
         std::to_string(found.st_birthtim.tv_sec) + "." + std::to_string(found.st_birthtim.tv_nsec);
#else
  struct statx found{};
  constexpr unsigned wanted = STATX_INO | STATX_BTIME;
  if (::statx(AT_FDCWD, real.c_str(), AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, wanted, &found) != 0) return std::nullopt;
  if ((found.stx_mask & wanted) != wanted || found.stx_btime.tv_sec <= 0) return std::nullopt;
  return "@" + std::to_string(found.stx_dev_major) + ":" + std::to_string(found.stx_dev_minor) + " " +
         std::to_string(found.stx_ino) + " " + std::to_string(found.stx_btime.tv_sec) + "." +
         std::to_string(found.stx_btime.tv_nsec);
#endif
}

void JailTrees::include(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const auto real = real_name(path, [this](const std::string& name) { return knows(name); });
  if (real) keep(*real);
}

bool JailTrees::contains(const std::string& real) const {
  const std::lock_guard lock(mutex_);
  return knows(real);
}

bool JailTrees::knows(const std::string& real) const {
  if (trees_.contains(real)) return true;
  const auto identity = real == "/" || identities_.empty() ? std::nullopt : identity_of(real);
  return identity && identities_.contains(*identity);
}

Result<void> JailTrees::write() const {
  std::string text;
  for (const auto* lines : {&trees_, &identities_}) {
    for (const std::string& line : *lines) text += line + "\n";
  }
  const std::string fresh = file_ + ".tmp";
  UniqueFd out(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!out) return cannot("open " + fresh, errno);
  if (::write(out.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) || ::fsync(out.get()) != 0) {
    return cannot("write " + fresh, errno);
  }
  if (std::rename(fresh.c_str(), file_.c_str()) != 0) return cannot("rename " + fresh, errno);
  return {};
}

}  // namespace jaild::host
