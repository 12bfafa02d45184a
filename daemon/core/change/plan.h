// What a request would store and do: all of it in one transaction.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "api/contract/change.h"
#include "daemon/core/records.h"

namespace jaild::core {

struct Plan {
  std::vector<JailRecord> records;  // new or changed
  std::vector<std::string> erased;  // forgotten at once
  std::set<std::string> restarts;   // of `records`, those that go down once first
  std::set<std::string> tries;      // that are to run: what waits for the end of a delay then is tried at once
  std::optional<RunRecord> run;     // an adoption: its jail, one of `records`, runs already
  std::vector<Effect> effects;      // of a dry run and of a set
  bool created = false;             // a request for one jail, which is new
  [[nodiscard]] bool empty() const { return records.empty() && erased.empty(); }
};

}  // namespace jaild::core
