#include "daemon/monitor/linux/procfs.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "daemon/monitor/file_record.h"
#include "daemon/monitor/linux/directory.h"
#include "daemon/monitor/linux/mount_tree.h"

namespace jaild::monitor {
namespace {

constexpr std::uint64_t harmless = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

constexpr std::array<std::string_view, 20> masked{
    "acpi",        "asound",    "config.gz",  "iomem",       "ioports",    "kallsyms",   "kcore",
    "keys",        "key-users", "kmsg",       "kpagecgroup", "kpagecount", "kpageflags", "latency_stats",
    "sched_debug", "scsi",      "timer_list", "timer_stats", "slabinfo",   "vmallocinfo"};

Result<void> cover(int tree, int proc, const std::string& name) {
  const auto place = open_inside(proc, name);
  if (!place) return Fail(place.error());
  return attach_tree(tree, place->get());
}

// Of a file system of its own: the host's /dev/null is nothing for a jail to hold or to watch.
Result<UniqueFd> make_empty_file() {
  const auto tree = make_file_system("tmpfs", {{"size", "4k"}, {"mode", "0555"}}, harmless);
  if (!tree) return Fail(tree.error());
  const UniqueFd file(::openat(tree->get(), "empty", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444));
  if (!file) return FailErrno(Kind::host_refused, "make an empty file", errno);
  return copy_tree(tree->get(), "empty");
}

Result<void> mask(int proc, const std::string& name, bool directory) {
  auto tree = directory ? make_file_system("tmpfs", {{"size", "4k"}, {"mode", "0555"}}, 0) : make_empty_file();
  if (!tree) return Fail(tree.error());
  const auto set = set_attributes(tree->get(), harmless | MOUNT_ATTR_RDONLY, 0);
  if (!set) return set;
  return cover(tree->get(), proc, name);
}

Result<void> make_read_only(int proc, const std::string& name) {
  const auto tree = copy_tree(proc, name);
  if (!tree) return Fail(tree.error());
  const auto set = set_attributes(tree->get(), harmless | MOUNT_ATTR_RDONLY, 0);
  if (!set) return set;
  return cover(tree->get(), proc, name);
}

Result<void> protect(int proc, const std::string& name) {
  const bool process = name.find_first_not_of("0123456789") == std::string::npos;
  if (name == "." || name == ".." || process) return {};
  struct stat status{};
  if (::fstatat(proc, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return FailErrno(Kind::host_refused, "stat /proc/" + name, errno);
  }
  if (S_ISLNK(status.st_mode)) return {};  // self, thread-self, mounts, net: into a process's own directory
  const bool directory = S_ISDIR(status.st_mode);
  if (std::ranges::find(masked, name) != masked.end()) return mask(proc, name, directory);
  const bool writable = (status.st_mode & 0222) != 0;
  if (directory || writable) return make_read_only(proc, name);
  return {};
}

}  // namespace

Result<void> attach_procfs(int root) {
  const auto place = open_inside(root, "/proc");
  if (!place) return Fail(place.error());
  const auto tree = make_file_system("proc", {}, harmless);
  if (!tree) return Fail(tree.error());
  auto done = attach_tree(tree->get(), place->get());
  if (!done) return done;
  const int list = ::openat(tree->get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const Directory entries(list < 0 ? nullptr : ::fdopendir(list));
  if (!entries) return FailErrno(Kind::host_refused, "list /proc", errno);
  while (const dirent* entry = ::readdir(entries.get())) {
    done = protect(tree->get(), static_cast<const char*>(entry->d_name));
    if (!done) return done;
  }
  return {};
}

}  // namespace jaild::monitor
