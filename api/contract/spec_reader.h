// The spec out of its JSON, as far as it can be read.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "api/contract/jail_spec.h"
#include "api/contract/mistakes.h"

namespace jaild {

// What could not be read has its default and an entry in `mistakes`; check_fields() was applied.
[[nodiscard]] JailSpec read_spec(const nlohmann::json& body, const std::string& pointer, Mistakes& mistakes);

}  // namespace jaild
