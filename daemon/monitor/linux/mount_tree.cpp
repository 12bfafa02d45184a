#include "daemon/monitor/linux/mount_tree.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "daemon/monitor/file_record.h"

namespace jaild::monitor {

Result<UniqueFd> make_file_system(const std::string& type, const MountParameters& parameters,
                                  std::uint64_t attributes) {
  const UniqueFd context(::fsopen(type.c_str(), FSOPEN_CLOEXEC));
  if (!context) return FailErrno(Kind::host_refused, "open file system " + type, errno);
  for (const auto& [name, value] : parameters) {
    const int set = value.empty() ? ::fsconfig(context.get(), FSCONFIG_SET_FLAG, name.c_str(), nullptr, 0)
                                  : ::fsconfig(context.get(), FSCONFIG_SET_STRING, name.c_str(), value.c_str(), 0);
    if (set != 0) return FailErrno(Kind::host_refused, type + " option " + name, errno);
  }
  if (::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
    return FailErrno(Kind::host_refused, "create file system " + type, errno);
  }
  UniqueFd tree(::fsmount(context.get(), FSMOUNT_CLOEXEC, static_cast<unsigned>(attributes)));
  if (!tree) return FailErrno(Kind::host_refused, "mount " + type, errno);
  return tree;
}

Result<UniqueFd> copy_tree(int directory, const std::string& path) {
  const unsigned whole = path.empty() ? AT_EMPTY_PATH : 0;
  UniqueFd tree(::open_tree(directory, path.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | whole));
  if (!tree) return FailErrno(errno == ENOENT ? Kind::missing : Kind::host_refused, "bind " + path, errno);
  return tree;
}

Result<void> set_attributes(int tree, std::uint64_t set, std::uint64_t clear) {
  mount_attr attributes{};
  attributes.attr_set = set;
  attributes.attr_clr = clear;
  attributes.propagation = MS_PRIVATE;
  if (::mount_setattr(tree, "", AT_EMPTY_PATH, &attributes, sizeof attributes) != 0) {
    return FailErrno(Kind::host_refused, "set mount attributes", errno);
  }
  return {};
}

Result<void> attach_tree(int tree, int target) {
  if (::move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) != 0) {
    return FailErrno(Kind::host_refused, "attach mount", errno);
  }
  return {};
}

Result<UniqueFd> open_inside(int root, const std::string& path) {
  std::string relative = path;
  relative.erase(0, relative.find_first_not_of('/'));
  if (relative.empty() || path.find_first_not_of('/') == std::string::npos) relative = ".";
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  UniqueFd fd(static_cast<int>(::syscall(SYS_openat2, root, relative.c_str(), &how, sizeof how)));
  if (fd) return fd;
  if (errno == ENOENT) return Fail(Kind::missing, path + " does not exist in the jail: make it below its path", ENOENT);
  if (errno == ELOOP) return Fail(Kind::host_refused, path + " in the jail leads over a symbolic link", ELOOP);
  return FailErrno(Kind::host_refused, "open " + path + " in the jail", errno);
}

}  // namespace jaild::monitor
