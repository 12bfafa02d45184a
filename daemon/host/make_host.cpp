#include "daemon/host/make_host.h"

#include <unistd.h>

#if defined(JAILD_HOST_LINUX)
#include "daemon/host/linux/linux_host.h"
#endif
#if defined(JAILD_HOST_FREEBSD)
#include "daemon/host/freebsd/freebsd_host.h"
#endif
#if defined(JAILD_HOST_SIM)
#include "daemon/host/sim/make_sim_host.h"
#endif

namespace jaild::host {
namespace {

using Made = Result<std::unique_ptr<Host>>;

std::string platform_host() {
#if defined(JAILD_HOST_LINUX)
  return "linux";
#elif defined(JAILD_HOST_FREEBSD)
  return "freebsd";
#else
  return "sim";
#endif
}

#if defined(JAILD_HOST_LINUX) || defined(JAILD_HOST_FREEBSD)
Result<void> check_real(const HostOptions& options) {
  if (auto may = check_rights(options.name); !may) return may;
  for (const std::string* path : {&options.run_dir, &options.state_dir, &options.log_dir, &options.monitor_path}) {
    if (!path->starts_with('/')) return Fail(Kind::invalid, "'" + *path + "' is not an absolute path");
  }
  return {};
}
#endif

#if defined(JAILD_HOST_LINUX)
Made make_linux(const HostOptions& options) {
  if (auto checked = check_real(options); !checked) return Fail(checked.error());
  if (CgroupTree::detect().empty()) {
    return Fail(Kind::host_refused, "no control group hierarchy is mounted; --host sim needs none");
  }
  return Made(std::make_unique<LinuxHost>(MonitorPaths{options.run_dir, options.state_dir, options.log_dir,
                                                       options.monitor_path, options.environment, options.log_rate}));
}
#endif

#if defined(JAILD_HOST_FREEBSD)
Made make_freebsd(const HostOptions& options) {
  if (auto checked = check_real(options); !checked) return Fail(checked.error());
  return Made(std::make_unique<FreebsdHost>(MonitorPaths{options.run_dir, options.state_dir, options.log_dir,
                                                         options.monitor_path, options.environment, options.log_rate}));
}
#endif

}  // namespace

Result<void> check_rights(const std::string& name) {
  const std::string host = name.empty() ? platform_host() : name;
  if ((host == "linux" || host == "freebsd") && ::geteuid() != 0)
    return Fail(Kind::host_refused, "jails need root; --host sim does not");
  return {};
}

Result<std::unique_ptr<Host>> make_host(const HostOptions& options) {
  const std::string name = options.name.empty() ? platform_host() : options.name;
#if defined(JAILD_HOST_LINUX)
  if (name == "linux") return make_linux(options);
#endif
#if defined(JAILD_HOST_FREEBSD)
  if (name == "freebsd") return make_freebsd(options);
#endif
#if defined(JAILD_HOST_SIM)
  if (name == "sim") return Made(sim::make_sim_host());
#endif
  return Fail(Kind::invalid, "this jaild has no host called '" + name + "'");
}

}  // namespace jaild::host
