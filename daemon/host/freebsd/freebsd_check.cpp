#include "daemon/host/freebsd/freebsd_check.h"

namespace jaild::host {

std::vector<FieldError> check_on_freebsd(const JailSpec& spec, const std::string& base, const HostProfile& profile,
                                         int fibs) {
  std::vector<FieldError> mistakes;
  if (spec.number("exec.fib") >= fibs) {
    mistakes.push_back({base + "/params/exec.fib",
                        "the kernel has " + std::to_string(fibs) + " routing tables (net.fibs in /boot/loader.conf)"});
  }
  if (spec.cpuset && !spec.cpuset->within(profile.cpus)) {
    mistakes.push_back({base + "/cpuset", "the host has CPUs " + profile.cpus.text()});
  }
  if (spec.flag("ip_hostname") && spec.text("host.hostname").empty()) {
    mistakes.push_back({base + "/params/ip_hostname", "needs host.hostname"});
  }
  return mistakes;
}

}  // namespace jaild::host
