// Why the kernel refuses a child jail: it gives EPERM and no word more when a jail is to have what its parent has not.
#pragma once

#include <map>
#include <string>

#include "api/contract/jail_spec.h"
#include "daemon/core/operation.h"

namespace jaild::host {

// What of `wanted` goes beyond `parent`, as a sentence that says what to do; "" when nothing does. Pure.
[[nodiscard]] std::string beyond_parent(const core::JailFacts& parent, const std::map<std::string, ParamValue>& wanted);

}  // namespace jaild::host
