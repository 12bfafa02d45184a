// What a FreeBSD host cannot do of a spec, beyond what the contract's own rules say.
#pragma once

#include <string>
#include <vector>

#include "api/contract/host_profile.h"
#include "api/contract/jail_spec.h"
#include "api/contract/result.h"
#include "daemon/host/freebsd/jail_params.h"

namespace jaild::host {

// Changes nothing and never blocks. `fibs`: the routing tables that the kernel has (net.fibs). A parameter whose module
// may yet be loaded is none of the mistakes: the start sees to it.
[[nodiscard]] std::vector<FieldError> check_on_freebsd(const JailSpec& spec, const std::string& base,
                                                       const HostProfile& profile, const ParamCatalog& catalog,
                                                       int fibs);

}  // namespace jaild::host
