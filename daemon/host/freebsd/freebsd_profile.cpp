#include "daemon/host/freebsd/freebsd_profile.h"

#include "daemon/host/freebsd/boot_id.h"
#include "daemon/host/freebsd/cpusets.h"
#include "daemon/host/freebsd/os_error.h"
#include "daemon/host/freebsd/racct.h"

namespace jaild::host {

HostProfile freebsd_profile(const ParamCatalog& catalog) {
  HostProfile profile;
  profile.host = "freebsd";
  profile.os = sysctl_text("kern.ostype").value_or("FreeBSD");
  profile.release = sysctl_text("kern.osrelease").value_or("");
  profile.machine = sysctl_text("hw.machine").value_or("");
  profile.boot_id = boot_id();
  profile.cpus = host_cpus();
  profile.memory_bytes = static_cast<std::uint64_t>(sysctl_number("hw.physmem").value_or(0));
  profile.racct_hint = racct_hint();
  profile.racct = profile.racct_hint.empty();
  profile.kernel_params = catalog.names();
  return profile;
}

int routing_tables() {
  return static_cast<int>(sysctl_number("net.fibs").value_or(1));
}

}  // namespace jaild::host
