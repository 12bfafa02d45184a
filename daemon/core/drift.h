// Where the kernel differs from what a running jail was given: jail -m, rctl -r, cpuset -l, umount by hand. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "daemon/core/operation.h"
#include "daemon/core/records.h"

namespace jaild::core {

using MountPoints = std::unordered_set<std::string_view>;  // into the Survey, which outlives it

struct Drift {
  std::string field;                         // as status.drift names it: "name", "rctl", "cpuset", "securelevel",
                                             // "mount /jail/www1/dev"
  std::string seen;                          // what the kernel shows instead, in words
  std::optional<decltype(Op::what)> repair;  // nullopt: only the next start puts it right
};

// `facts`: of the live jail that has the run's jid. Only what can be told from outside is compared: a parameter that
// the kernel does not show, or that is set when a jail is made and never again, is not. Of what the spec does not name,
// the allow.* flags count, because a jail that may more than it was given is not the jail that was declared.
std::vector<Drift> find_drift(const RunRecord& run, const JailFacts& facts, const MountPoints& mounted);

}  // namespace jaild::core
