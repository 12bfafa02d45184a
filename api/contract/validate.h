// The rules that need more than one field, or the host. Pure.
#pragma once

#include <vector>

#include "api/contract/host_profile.h"
#include "api/contract/jail_spec.h"

namespace jaild {

// Every mistake of `spec` for a jail called `name` on a host with this profile: cross-field rules (vnet with ip4.addr,
// nothing to run, max_delay below delay...), paths, addresses, commands, cpuset within the machine, RACCT off with
// limits, parameters the kernel does not know. What only one host refuses is Host::check()'s. Pointers start with
// `base`.
[[nodiscard]] std::vector<FieldError> validate(std::string_view name, const JailSpec& spec, const HostProfile& host,
                                               std::string_view base = "/spec");

}  // namespace jaild
