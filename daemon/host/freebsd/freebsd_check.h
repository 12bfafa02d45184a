// What a FreeBSD host cannot do of a spec, beyond what the contract's own rules say.
#pragma once

#include <string>
#include <vector>

#include "api/contract/host_profile.h"
#include "api/contract/jail_spec.h"
#include "api/contract/result.h"

namespace jaild::host {

// Pure. `fibs`: the routing tables that the kernel has (net.fibs).
[[nodiscard]] std::vector<FieldError> check_on_freebsd(const JailSpec& spec, const std::string& base,
                                                       const HostProfile& profile, int fibs);

}  // namespace jaild::host
