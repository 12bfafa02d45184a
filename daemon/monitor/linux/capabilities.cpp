#include "daemon/monitor/linux/capabilities.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "daemon/monitor/file_record.h"

namespace jaild::monitor {
namespace {

constexpr std::uint64_t bit(int capability) {
  return std::uint64_t{1} << capability;
}

constexpr std::uint64_t basic = bit(CAP_CHOWN) | bit(CAP_DAC_OVERRIDE) | bit(CAP_FOWNER) | bit(CAP_FSETID) |
                                bit(CAP_SETUID) | bit(CAP_SETGID) | bit(CAP_KILL) | bit(CAP_SYS_CHROOT);

struct Grantable {
  const char* name;
  int capability;
};
// Each stands for an allow.* parameter (doc/linux.md).
constexpr std::array grantable{Grantable{"net_raw", CAP_NET_RAW}, Grantable{"net_bind_service", CAP_NET_BIND_SERVICE},
                               Grantable{"linux_immutable", CAP_LINUX_IMMUTABLE}, Grantable{"ipc_lock", CAP_IPC_LOCK}};

}  // namespace

Result<std::uint64_t> jail_capabilities(const std::vector<std::string>& more) {
  std::uint64_t set = basic;
  for (const std::string& name : more) {
    const auto* found = std::ranges::find_if(grantable, [&](const Grantable& each) { return name == each.name; });
    if (found == grantable.end()) return Fail(Kind::invalid, "a jail cannot have the capability " + name);
    set |= bit(found->capability);
  }
  return set;
}

Result<void> drop_capabilities(std::uint64_t keep) {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return FailErrno(Kind::host_refused, "no_new_privs", errno);
  // The kernel knows its last capability: reading the one after it is EINVAL.
  for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability) {
    const bool kept = capability < 64 && (keep & bit(capability)) != 0;
    if (!kept && ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) {
      return FailErrno(Kind::host_refused, "drop a capability from the bounding set", errno);
    }
  }
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) {
    return FailErrno(Kind::host_refused, "clear the ambient capabilities", errno);
  }
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data{};
  for (std::size_t i = 0; i < data.size(); ++i) {
    const auto word = static_cast<std::uint32_t>(keep >> (32 * i));
    data[i] = {word, word, 0};
  }
  if (::syscall(SYS_capset, &header, data.data()) != 0) return FailErrno(Kind::host_refused, "capset", errno);
  // A change of credentials may have made us visible to the jail's /proc again.
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  return {};
}

}  // namespace jaild::monitor
