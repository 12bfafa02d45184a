#include "daemon/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#ifdef __FreeBSD__
#include <sys/sysctl.h>
#endif

namespace jaild {
namespace {

namespace fs = std::filesystem;

Error os_error(const std::string& what) {
  const int code = errno;
  const Kind kind = code == ENOSPC ? Kind::storage_full : Kind::host_refused;
  return Error{kind, what + ": " + std::strerror(code), code, {}};
}

fs::path own_program() {
#ifdef __FreeBSD__
  std::array<char, 1024> buffer{};
  std::array<int, 4> name{CTL_KERN, KERN_PROC, KERN_PROC_PATHNAME, -1};
  std::size_t size = buffer.size();
  if (::sysctl(name.data(), name.size(), buffer.data(), &size, nullptr, 0) != 0) return {};
  return buffer.data();
#else
  std::error_code ignored;
  return fs::read_symlink("/proc/self/exe", ignored);
#endif
}

}  // namespace

Result<void> ensure_directory(const fs::path& path, unsigned mode) {
  std::error_code error;
  const fs::path itself = path.has_filename() ? path : path.parent_path();  // "run/" is run
  fs::create_directories(itself.parent_path(), error);                      // a failure shows in mkdir below
  const bool made = ::mkdir(path.c_str(), static_cast<mode_t>(mode)) == 0;
  if (!made && errno != EEXIST) return Fail(os_error("cannot make " + path.string()));
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return Fail(os_error("cannot look at " + path.string()));
  if (!S_ISDIR(info.st_mode)) return Fail(Kind::conflict, path.string() + " is not a directory");
  if (info.st_uid != ::geteuid()) return Fail(Kind::conflict, path.string() + " belongs to another user");
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return Fail(Kind::conflict, path.string() + " can be written by others: chmod go-w " + path.string());
  }
  return {};
}

Result<UniqueFd> lock_directory(const fs::path& directory) {
  const auto file = directory / "jaild.lock";
  UniqueFd lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock) return Fail(os_error("cannot open " + file.string()));
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return Fail(Kind::conflict, "another jaild runs with " + directory.string());
    return Fail(os_error("cannot lock " + file.string()));
  }
  return lock;
}

Result<void> keep_run_dir_lock(const fs::path& run_dir, UniqueFd& lock) {
  struct stat held{};
  struct stat there{};
  if (::fstat(lock.get(), &held) == 0 && ::lstat((run_dir / "jaild.lock").c_str(), &there) == 0 &&
      held.st_dev == there.st_dev && held.st_ino == there.st_ino) {
    return {};
  }
  if (auto made = ensure_directory(run_dir, 0755); !made) return made;
  auto taken = lock_directory(run_dir);
  if (!taken) return Fail(taken.error());
  lock = std::move(*taken);
  return {};
}

Result<fs::path> find_monitor(const fs::path& given) {
  const fs::path here = own_program().parent_path();
  std::string tried;
  for (const auto& candidate : {given, here / "jaild-monitor", here.parent_path() / "libexec" / "jaild-monitor"}) {
    if (candidate.empty()) continue;
    if (::access(candidate.c_str(), X_OK) == 0) return fs::absolute(candidate);
    tried += (tried.empty() ? "" : ", ") + candidate.string();
    if (candidate == given) break;
  }
  return Fail(Kind::missing, "no program jaild-monitor; looked for " + tried);
}

}  // namespace jaild
