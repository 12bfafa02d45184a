#include "daemon/host/freebsd/freebsd_check.h"

#include "api/contract/mistakes.h"
#include "api/contract/param_table.h"

namespace jaild::host {
namespace {

bool is_unknown(const std::string& name, const ParamCatalog& catalog) {
  const Param* row = find_param(name);
  if (row == nullptr || row->origin == ParamOrigin::pseudo) return false;  // what nobody knows is refused elsewhere
  return !catalog.find_now(name) && module_of_param(name).empty();
}

}  // namespace

std::vector<FieldError> check_on_freebsd(const JailSpec& spec, const std::string& base, const HostProfile& profile,
                                         const ParamCatalog& catalog, int fibs) {
  std::vector<FieldError> mistakes;
  for (const auto& [name, value] : spec.params) {
    if (is_unknown(name, catalog)) {
      mistakes.push_back(
          {pointer_to(base + "/params", name), "this kernel (" + profile.release + ") has no such jail parameter"});
    }
  }
  if (spec.number("exec.fib") >= fibs) {
    mistakes.push_back({base + "/params/exec.fib",
                        "the kernel has " + std::to_string(fibs) + " routing tables (net.fibs in /boot/loader.conf)"});
  }
  if (spec.flag("ip_hostname") && spec.text("host.hostname").empty()) {
    mistakes.push_back({base + "/params/ip_hostname", "needs host.hostname"});
  }
  return mistakes;
}

}  // namespace jaild::host
