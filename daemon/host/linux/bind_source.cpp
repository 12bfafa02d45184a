#include "daemon/host/linux/bind_source.h"

#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace jaild::host {
namespace {

struct KernelFileSystem {
  std::uint32_t magic;  // linux/magic.h, and where it says nothing, the file system's source
  const char* name;
};
constexpr std::array kernel_file_systems{
    KernelFileSystem{0x9fa0, "proc"},
    KernelFileSystem{0x62656572, "sysfs"},
    KernelFileSystem{0x27e0eb, "cgroup"},
    KernelFileSystem{0x63677270, "cgroup2"},
    KernelFileSystem{0x64626720, "debugfs"},
    KernelFileSystem{0x74726163, "tracefs"},
    KernelFileSystem{0x73636673, "securityfs"},
    KernelFileSystem{0xcafe4a11, "bpf"},
    KernelFileSystem{0x6165676c, "pstore"},
    KernelFileSystem{0xde5e81e4, "efivarfs"},
    KernelFileSystem{0xf97cff8c, "selinuxfs"},
    KernelFileSystem{0x43415d53, "smackfs"},
    KernelFileSystem{0x5a3c69f0, "apparmorfs"},
    KernelFileSystem{0x62656570, "configfs"},
    KernelFileSystem{0x42494e4d, "binfmt_misc"},
    KernelFileSystem{0x7655821, "resctrl"},
    KernelFileSystem{0x6e736673, "nsfs"},
    KernelFileSystem{0x65735543, "fusectl"},
    KernelFileSystem{0x1cd1, "devpts"},
    KernelFileSystem{0x19800202, "mqueue"},
};

// The name of the kernel's file system that has this, or nullptr.
Result<const char*> kernels_own(int fd) {
  struct statfs status{};
  if (::fstatfs(fd, &status) != 0) {
    return Fail(Kind::host_refused, std::generic_category().message(errno), errno);
  }
  const auto found =
      std::ranges::find(kernel_file_systems, static_cast<std::uint32_t>(status.f_type), &KernelFileSystem::magic);
  return found == kernel_file_systems.end() ? nullptr : found->name;
}

}  // namespace

Result<Walked> find_bind_source(const std::string& path, const std::string& what, const IsTree& is_tree) {
  auto found = walk_host_path(path, what, is_tree);
  if (!found) return found;
  // And where it lies: with version 1 /sys/fs/cgroup is a tmpfs, whose directories a jail could remove, and with them
  // what the host has mounted there.
  for (const int fd : {found->fd.get(), found->directory.get()}) {
    if (fd < 0) continue;
    const auto kernels = kernels_own(fd);
    if (!kernels) return Fail(kernels.error().in(what + " " + path));
    if (*kernels == nullptr) continue;
    return Fail(Kind::host_refused, what + " " + path + (fd == found->fd.get() ? " is " : " lies in ") + *kernels +
                                        ", a file system of the host's kernel, which no jail may have");
  }
  return found;
}

}  // namespace jaild::host
