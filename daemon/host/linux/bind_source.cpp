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

}  // namespace

Result<Walked> find_bind_source(const std::string& path, const std::string& what, const IsTree& is_tree) {
  auto found = walk_host_path(path, what, is_tree);
  if (!found) return found;
  struct statfs status{};
  if (::fstatfs(found->fd.get(), &status) != 0) {
    return Fail(Kind::host_refused, what + " " + path + ": " + std::generic_category().message(errno), errno);
  }
  const auto magic = static_cast<std::uint32_t>(status.f_type);
  const auto kernels = std::ranges::find(kernel_file_systems, magic, &KernelFileSystem::magic);
  if (kernels == kernel_file_systems.end()) return found;
  return Fail(Kind::host_refused, what + " " + path + " is " + kernels->name +
                                      ", a file system of the host's kernel, which no jail may have");
}

}  // namespace jaild::host
