#include "daemon/monitor/linux/devices.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

#include "daemon/monitor/file_record.h"
#include "daemon/monitor/linux/mount_tree.h"

namespace jaild::monitor {
namespace {

struct Node {
  const char* name;
  unsigned major;
  unsigned minor;
};
// Documentation/admin-guide/devices.txt of the kernel.
constexpr std::array nodes{Node{"null", 1, 3},   Node{"zero", 1, 5},    Node{"full", 1, 7},
                           Node{"random", 1, 8}, Node{"urandom", 1, 9}, Node{"tty", 5, 0}};

struct Link {
  const char* name;
  const char* target;
};
constexpr std::array fd_link_list{Link{"fd", "/proc/self/fd"}, Link{"stdin", "/proc/self/fd/0"},
                                  Link{"stdout", "/proc/self/fd/1"}, Link{"stderr", "/proc/self/fd/2"}};

Result<void> make_link(int dev, const Link& link) {
  if (::symlinkat(link.target, dev, link.name) != 0) return FailErrno(Kind::host_refused, link.name, errno);
  return {};
}

Result<void> attach_below(int dev, const char* name, const std::string& type, const MountParameters& parameters,
                          std::uint64_t attributes) {
  if (::mkdirat(dev, name, 0755) != 0) return FailErrno(Kind::host_refused, name, errno);
  const auto tree = make_file_system(type, parameters, attributes);
  if (!tree) return Fail(tree.error());
  const auto place = open_inside(dev, std::string("/") + name);
  if (!place) return Fail(place.error());
  return attach_tree(tree->get(), place->get());
}

Result<void> fill(int dev, bool fd_links) {
  const mode_t before = ::umask(0);
  Result<void> done;
  for (const Node& node : nodes) {
    if (::mknodat(dev, node.name, S_IFCHR | 0666, ::makedev(node.major, node.minor)) != 0) {
      done = FailErrno(Kind::host_refused, node.name, errno);
    }
  }
  ::umask(before);
  if (!done) return done;
  done = make_link(dev, {"ptmx", "pts/ptmx"});
  for (const Link& link : fd_link_list) {
    if (done && fd_links) done = make_link(dev, link);
  }
  return done;
}

}  // namespace

Result<void> attach_devices(int root, bool fd_links) {
  const auto place = open_inside(root, "/dev");
  if (!place) return Fail(place.error());
  // Room for sockets such as /dev/log, not for data.
  const auto tree = make_file_system("tmpfs", {{"mode", "0755"}, {"size", "1m"}, {"nr_inodes", "1024"}},
                                     MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
  if (!tree) return Fail(tree.error());
  auto done = fill(tree->get(), fd_links);
  if (!done) return done;
  done = attach_tree(tree->get(), place->get());
  if (!done) return done;
  done = attach_below(tree->get(), "pts", "devpts", {{"mode", "0620"}, {"ptmxmode", "0666"}, {"gid", "5"}},
                      MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
  if (!done) return done;
  return attach_below(tree->get(), "shm", "tmpfs", {{"mode", "1777"}, {"size", "64m"}},
                      MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NODEV);
}

}  // namespace jaild::monitor
