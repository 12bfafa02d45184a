#include "daemon/host/linux/linux_profile.h"

#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "daemon/host/linux/kernel_file.h"
#include "daemon/host/linux/linux_check.h"

namespace jaild::host {
namespace {

// The CPUs that this daemon may use, and so its jails; 1024 is what CpuList and glibc's set hold.
CpuList usable_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::string text;
  if (::sched_getaffinity(0, sizeof set, &set) == 0) {
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &set)) text += (text.empty() ? "" : ",") + std::to_string(cpu);
    }
  }
  auto cpus = CpuList::parse(text);
  return cpus ? *cpus : CpuList::first(1);
}

// What is missing for limits; "" when nothing is.
std::string limits_hint(const CgroupTree& tree) {
  std::string absent;
  const auto need = [&](Controller controller, const char* name) {
    if (!tree.has(controller)) absent += (absent.empty() ? "" : ", ") + std::string(name);
  };
  need(Controller::memory, "memory");
  need(Controller::cpu, "cpu");
  need(Controller::pids, "pids");
  if (!absent.empty()) return "the control group controllers " + absent + " are not available";
  if (auto probed = tree.probe(); !probed) return "control groups cannot be used: " + probed.error().message;
  return {};
}

}  // namespace

HostProfile linux_profile(const CgroupTree& tree) {
  HostProfile profile;
  profile.host = "linux";
  utsname names{};
  ::uname(&names);
  profile.os = names.sysname;
  profile.release = names.release;
  profile.machine = names.machine;
  if (auto boot = read_text("/proc/sys/kernel/random/boot_id")) profile.boot_id = trim(*boot);
  profile.cpus = usable_cpus();
  profile.memory_bytes =
      static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  profile.racct_hint = limits_hint(tree);
  profile.racct = profile.racct_hint.empty();
  profile.kernel_params = linux_params();
  profile.live_params = linux_live_params();
  return profile;
}

}  // namespace jaild::host
