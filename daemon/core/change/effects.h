// What a request does to a jail, in the words of a dry run: the same steps that the jail's lifecycle would take. Pure.
#pragma once

#include <string>
#include <vector>

#include "api/contract/change.h"
#include "daemon/core/host_ways.h"
#include "daemon/core/lifecycle.h"
#include "daemon/core/records.h"
#include "daemon/core/steps.h"

namespace jaild::core {

// Appends to `effects`. `jail`: as it is.
void describe_erase(const Lifecycle& jail, const Timeouts& timeouts, std::vector<Effect>& effects);
void describe_adoption(const std::string& name, const JailSpec& spec, std::vector<Effect>& effects);
// `jail`: as it is; nullptr: a new one. `restart`: it is restarted so that all of `record` holds. Nothing is appended
// when all of it holds.
void describe_record(const JailRecord& record, const Lifecycle* jail, bool restart, const Timeouts& timeouts,
                     const HostWays& ways, std::vector<Effect>& effects);

}  // namespace jaild::core
