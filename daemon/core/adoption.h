// The spec that a jail made by others would have: what the kernel shows of it, as a jail.conf(5) block. Pure.
#pragma once

#include <string>
#include <vector>

#include "api/contract/jail_spec.h"
#include "api/contract/result.h"
#include "daemon/core/operation.h"

namespace jaild::core {

// Parameters that differ from the kernel's defaults, rules, the cpuset where it is less than `host_cpus`, mount.devfs
// where something is mounted on its /dev. What started the jail the kernel does not know: the spec says `persist` and
// autostart false until somebody writes the commands. Kind::invalid: a rule that a spec cannot hold.
Result<JailSpec> observed_spec(const JailFacts& facts, const std::vector<int>& host_cpus, bool has_dev);

}  // namespace jaild::core
