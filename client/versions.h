// GET /jails/{name}/history as a list.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "api/contract/result.h"
#include "client/jail_api.h"

namespace jaild::client {

// The generations that are kept, oldest first: {"generation","at","by","spec"}.
[[nodiscard]] std::vector<nlohmann::json> versions_of(const nlohmann::json& answer);

// The spec of one; Kind::not_found names those that are kept.
Result<nlohmann::json> spec_of(const std::vector<nlohmann::json>& versions, const std::string& name,
                               std::int64_t generation);

}  // namespace jaild::client
