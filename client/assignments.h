// What `jailctl set` and `jailctl unset` write: KEY=VALUE in the words of jail(8) to a merge patch (RFC 7396). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "api/contract/result.h"

namespace jaild::client {

struct Assignment {
  enum class Operation { set, add, remove, unset };
  Operation operation = Operation::set;
  std::string key;
  std::string value;
};

// "KEY=VALUE", "KEY+=VALUE", "KEY-=VALUE", or "KEY" for a boolean, as in jail.conf(5). Kind::invalid: none of them.
Result<Assignment> parse_assignment(std::string_view text);

// The body of PATCH /jails/{name}: {"spec":{...}}. `spec` is the present one: += and -= start from its lists. A key is
// a field of the spec (command, cpuset, priority, autostart, rctl, restart.X, health.X, labels.X) or else a parameter
// of jail(8). Kind::invalid says which assignment is wrong and what would be right.
Result<nlohmann::json> merge_patch(const nlohmann::json& spec, const std::vector<Assignment>& assignments);

}  // namespace jaild::client
