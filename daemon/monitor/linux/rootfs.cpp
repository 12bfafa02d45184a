#include "daemon/monitor/linux/rootfs.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "daemon/host/jail_trees.h"
#include "daemon/host/linux/bind_source.h"
#include "daemon/monitor/file_record.h"
#include "daemon/monitor/linux/devices.h"
#include "daemon/monitor/linux/mount_tree.h"
#include "daemon/monitor/linux/procfs.h"

namespace jaild::monitor {
namespace {

struct Attributes {
  std::uint64_t set = MOUNT_ATTR_NODEV;
  std::uint64_t clear = 0;
};

struct AttributeOption {
  const char* name;
  std::uint64_t set;
  std::uint64_t clear;
};
constexpr std::array attribute_options{AttributeOption{"ro", MOUNT_ATTR_RDONLY, 0},
                                       AttributeOption{"rw", 0, 0},
                                       AttributeOption{"nosuid", MOUNT_ATTR_NOSUID, 0},
                                       AttributeOption{"suid", 0, 0},
                                       AttributeOption{"noexec", MOUNT_ATTR_NOEXEC, 0},
                                       AttributeOption{"exec", 0, 0},
                                       AttributeOption{"noatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME},
                                       AttributeOption{"atime", 0, 0}};

bool take_attribute(const std::string& option, Attributes& attributes) {
  for (const AttributeOption& known : attribute_options) {
    if (option != known.name) continue;
    attributes.set |= known.set;
    attributes.clear |= known.clear;
    return true;
  }
  return false;
}

bool is_tmpfs_parameter(const std::string& name) {
  for (const char* known : {"size", "mode", "uid", "gid", "nr_inodes"}) {
    if (name == known) return true;
  }
  return false;
}

Result<UniqueFd> copy_source(const std::string& path, const std::string& what, const host::IsTree& is_tree) {
  const auto source = host::find_bind_source(path, what, is_tree);
  if (!source) return Fail(source.error());
  auto tree = copy_tree(source->fd.get(), "");
  if (!tree) return Fail(tree.error().in(path));
  return tree;
}

Result<UniqueFd> make_tree(const JailMount& mount, const host::IsTree& is_tree) {
  Attributes attributes;
  MountParameters parameters;
  for (const std::string& option : mount.options) {
    if (take_attribute(option, attributes)) continue;
    const std::size_t equals = option.find('=');
    const std::string name = option.substr(0, equals);
    if (mount.type != JailMount::Type::tmpfs || equals == std::string::npos || !is_tmpfs_parameter(name)) {
      return Fail(Kind::invalid, "unknown mount option " + option);
    }
    parameters.emplace_back(name, option.substr(equals + 1));
  }
  auto tree = mount.type == JailMount::Type::tmpfs ? make_file_system("tmpfs", parameters, 0)
                                                   : copy_source(mount.source, "mount source", is_tree);
  if (!tree) return tree;
  const auto set = set_attributes(tree->get(), attributes.set, attributes.clear);
  if (!set) return Fail(set.error());
  return tree;
}

Result<UniqueFd> open_root(const std::string& staging) {
  UniqueFd root(::open(staging.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) return FailErrno(Kind::internal, "open " + staging, errno);
  return root;
}

Result<void> attach_root(const std::string& path, const std::string& staging, const host::IsTree& is_tree) {
  const auto tree = copy_source(path, "path", is_tree);
  if (!tree) return Fail(tree.error());
  auto done = set_attributes(tree->get(), MOUNT_ATTR_NODEV, 0);
  if (!done) return done;
  const auto place = open_root(staging);
  if (!place) return Fail(place.error());
  return attach_tree(tree->get(), place->get());
}

Result<void> attach_mount(const JailMount& mount, const std::string& staging, const host::IsTree& is_tree) {
  const auto tree = make_tree(mount, is_tree);
  if (!tree) return Fail(tree.error());
  // Opened anew for each: a mount onto "/" (a thin jail's base) is the root of those that follow.
  const auto root = open_root(staging);
  if (!root) return Fail(root.error());
  const auto target = open_inside(root->get(), mount.target);
  if (!target) return Fail(target.error());
  return attach_tree(tree->get(), target->get());
}

Result<void> pivot(int root) {
  if (::fchdir(root) != 0) return FailErrno(Kind::host_refused, "enter the new root", errno);
  // The old root lands on top of the new one and is taken off again; so no directory is needed for it.
  if (::syscall(SYS_pivot_root, ".", ".") != 0) return FailErrno(Kind::host_refused, "pivot_root", errno);
  if (::umount2(".", MNT_DETACH) != 0) return FailErrno(Kind::host_refused, "let go of the old root", errno);
  if (::chdir("/") != 0) return FailErrno(Kind::host_refused, "chdir /", errno);
  return {};
}

}  // namespace

Result<void> enter_new_root(const CreateRequest& jail, const std::string& staging) {
  if (::mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return FailErrno(Kind::host_refused, "make mounts private", errno);
  }
  // The jail's own tree is one too, whether jaild has said so or not.
  host::JailTrees trees(jail.trees_file);
  trees.include(jail.path);
  const host::IsTree is_tree = [&trees](const std::string& real) { return trees.contains(real); };
  auto done = attach_root(jail.path, staging, is_tree);
  if (!done) return Fail(done.error().in("root " + jail.path));
  for (const JailMount& mount : jail.mounts) {
    done = attach_mount(mount, staging, is_tree);
    if (!done) return Fail(done.error().in("mount " + mount.target));
  }
  const auto root = open_root(staging);
  if (!root) return Fail(root.error());
  if (jail.devfs) {
    done = attach_devices(root->get(), jail.procfs);
    if (!done) return Fail(done.error().in("mount.devfs"));
  }
  if (jail.procfs) {
    done = attach_procfs(root->get());
    if (!done) return Fail(done.error().in("mount.procfs"));
  }
  return pivot(root->get());
}

}  // namespace jaild::monitor
