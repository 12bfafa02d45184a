// What differs between two specs, as people name it.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace jaild::client {

struct SpecChange {
  std::string field;      // "path" for a parameter, "restart.delay" for a member of a group, "command"
  nlohmann::json before;  // null: was not there
  nlohmann::json after;   // null: is not there any more
};

// In the order of the fields' names, two levels deep: lists are compared as a whole. Anything but an object counts as
// an empty spec.
[[nodiscard]] std::vector<SpecChange> spec_changes(const nlohmann::json& before, const nlohmann::json& after);

}  // namespace jaild::client
