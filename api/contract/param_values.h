// Values of parameters between JSON and ParamValue, and the rules for a single one.
#pragma once

#include <map>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "api/contract/mistakes.h"
#include "api/contract/param_table.h"

namespace jaild {

// Reads "params", normalised as jail_spec.h says. Types only; parameters that the table does not know are kept as they
// are for HostProfile::kernel_params to decide.
[[nodiscard]] std::map<std::string, ParamValue> read_params(const nlohmann::json& body, const std::string& pointer,
                                                            Mistakes& mistakes);

// The rules for one value: its alternative is the one of its row, bounds, no NUL, no line break where none can stand.
void check_param(const std::string& name, const ParamValue& value, const std::string& pointer, Mistakes& mistakes);

}  // namespace jaild
