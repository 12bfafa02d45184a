// What a write does to a jail, in the words of a dry run: the same steps that the jail's lifecycle would take. Pure.
#pragma once

#include <string>
#include <vector>

#include "api/contract/write.h"
#include "daemon/core/host_ways.h"
#include "daemon/core/lifecycle.h"
#include "daemon/core/records.h"
#include "daemon/core/steps.h"

namespace jaild::core {

// Appends to `changes`. `jail`: as it is.
void describe_erase(const Lifecycle& jail, const Timeouts& timeouts, std::vector<Change>& changes);
void describe_adoption(const std::string& name, const JailSpec& spec, std::vector<Change>& changes);
// `jail`: as it is; nullptr: a new one. `restart`: it is restarted so that all of `record` holds. Nothing is appended
// when all of it holds.
void describe_record(const JailRecord& record, const Lifecycle* jail, bool restart, const Timeouts& timeouts,
                     const HostWays& ways, std::vector<Change>& changes);

}  // namespace jaild::core
