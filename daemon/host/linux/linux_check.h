// What Linux cannot enforce of a spec: refused at write, never dropped silently.
#pragma once

#include <string>
#include <vector>

#include "api/contract/error.h"
#include "api/contract/jail_spec.h"
#include "daemon/host/linux/cgroup.h"

namespace jaild::host {

// What holds on every host is validate()'s business. Each mistake with its pointer below `base` ("/spec"); the name's
// is beside it ("/name"). Pure.
[[nodiscard]] std::vector<FieldError> check_on_linux(const std::string& name, const JailSpec& spec,
                                                     const std::string& base, const CgroupTree& tree);

// The kernel parameters of jail(8) that mean something here.
[[nodiscard]] std::vector<std::string> linux_params();
// Those of them that are changed while a jail runs.
[[nodiscard]] std::vector<std::string> linux_live_params();

}  // namespace jaild::host
