#include "daemon/monitor/linux/seccomp.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <vector>

#include "daemon/monitor/file_record.h"

namespace jaild::monitor {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t native_arch = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t native_arch = AUDIT_ARCH_AARCH64;
#elif defined(__riscv)
constexpr std::uint32_t native_arch = AUDIT_ARCH_RISCV64;
#else
#error "the system call filter does not know this architecture"
#endif

// Calls younger than the C library's headers; the numbers are the same on every architecture.
constexpr int sys_open_tree_attr = 467;

constexpr std::array refused{
    // mounts and namespaces
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_setns,
    SYS_move_mount,
    SYS_open_tree,
    SYS_fsopen,
    SYS_fsconfig,
    SYS_fsmount,
    SYS_fspick,
    SYS_mount_setattr,
    sys_open_tree_attr,
    SYS_open_by_handle_at,
    SYS_quotactl,
    SYS_quotactl_fd,
    // its groups are counted for each user of the host, and without privilege it can watch nothing that inotify cannot
    SYS_fanotify_init,
    // keys are shared by everyone with the same uid, on the host too
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    // the kernel itself
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_kexec_load,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_reboot,
    SYS_swapon,
    SYS_swapoff,
    SYS_acct,
    SYS_syslog,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_vhangup,
    SYS_lookup_dcookie,
#if defined(__x86_64__)
    SYS_iopl,
    SYS_ioperm,
    SYS_uselib,
    SYS_ustat,
    SYS_sysfs,
    SYS_kexec_file_load,
#endif
};

constexpr std::array absent{SYS_clone3, SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register};

constexpr std::uint32_t namespace_flags = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |
                                          CLONE_NEWNET | CLONE_NEWCGROUP | 0x80 /* CLONE_NEWTIME */;
constexpr std::uint32_t tioclinux = 0x541C;

class Filter {
 public:
  void load(std::size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)); }
  void load_number() { load(offsetof(seccomp_data, nr)); }
  // The lower half of an argument; both architectures are little-endian, and flags, families and requests are ints.
  void load_argument(std::size_t index) { load(offsetof(seccomp_data, args) + index * sizeof(std::uint64_t)); }

  void answer(std::uint32_t what) { add(BPF_RET | BPF_K, what); }
  void answer_if_equal(std::uint32_t value, std::uint32_t what) {
    add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
    answer(what);
  }
  void answer_unless_equal(std::uint32_t value, std::uint32_t what) {
    add(BPF_JMP | BPF_JEQ | BPF_K, value, 1, 0);
    answer(what);
  }
  void answer_if_any(std::uint32_t bits, std::uint32_t what) {
    add(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1);
    answer(what);
  }
  // What `body` adds is passed over for every call but `number`. The number is in the accumulator before and after.
  template <class Body>
  void for_call(long number, Body body) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 0);
    const std::size_t jump = code_.size() - 1;
    body();
    load_number();
    code_[jump].jf = static_cast<std::uint8_t>(code_.size() - 1 - jump);
  }

  Result<void> install() {
    const sock_fprog program{static_cast<unsigned short>(code_.size()), code_.data()};
    if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) != 0) {
      return FailErrno(Kind::host_refused, "install the system call filter", errno);
    }
    return {};
  }

 private:
  void add(unsigned code, std::uint32_t k, std::uint8_t jt = 0, std::uint8_t jf = 0) {
    code_.push_back({static_cast<std::uint16_t>(code), jt, jf, k});
  }
  std::vector<sock_filter> code_;
};

constexpr std::uint32_t fails_with(int error) {
  return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error);
}

void restrict_families(Filter& filter, bool packet) {
  filter.for_call(SYS_socket, [&] {
    filter.load_argument(0);
    for (const int family : {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK}) {
      filter.answer_if_equal(static_cast<std::uint32_t>(family), SECCOMP_RET_ALLOW);
    }
    if (packet) filter.answer_if_equal(AF_PACKET, SECCOMP_RET_ALLOW);
    filter.answer(fails_with(EAFNOSUPPORT));
  });
}

}  // namespace

Result<void> refuse_system_calls(const SocketFamilies& families) {
  Filter filter;
  filter.load(offsetof(seccomp_data, arch));
  filter.answer_unless_equal(native_arch, fails_with(ENOSYS));
  filter.load_number();
#if defined(__x86_64__)
  constexpr std::uint32_t x32_bit = 0x40000000;
  filter.answer_if_any(x32_bit, fails_with(ENOSYS));
#endif
  for (const long number : absent) filter.answer_if_equal(static_cast<std::uint32_t>(number), fails_with(ENOSYS));
  for (const long number : refused) filter.answer_if_equal(static_cast<std::uint32_t>(number), fails_with(EPERM));
  for (const long number : {SYS_unshare, SYS_clone}) {
    filter.for_call(number, [&] {
      filter.load_argument(0);
      filter.answer_if_any(namespace_flags, fails_with(EPERM));
    });
  }
  // The jail's pid 1 is ours, and of the same user as root in the jail: whose limits it may not set.
  filter.for_call(SYS_prlimit64, [&] {
    filter.load_argument(0);
    filter.answer_if_equal(1, fails_with(EPERM));
  });
  // Text pushed into a terminal that somebody outside reads commands from.
  filter.for_call(SYS_ioctl, [&] {
    filter.load_argument(1);
    filter.answer_if_equal(TIOCSTI, fails_with(EPERM));
    filter.answer_if_equal(tioclinux, fails_with(EPERM));
  });
  if (!families.any) restrict_families(filter, families.packet);
  filter.answer(SECCOMP_RET_ALLOW);
  return filter.install();
}

}  // namespace jaild::monitor
