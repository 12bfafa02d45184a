// What root inside a jail may still do.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "api/contract/result.h"

namespace jaild::monitor {

// A bit for each capability(7). The basic set (protocol.h, create) and those named in `more`; Kind::invalid names one
// that a jail cannot have.
Result<std::uint64_t> jail_capabilities(const std::vector<std::string>& more);

// no_new_privs; then the bounding, permitted, effective, inheritable and ambient sets are cut down to `keep` for good.
Result<void> drop_capabilities(std::uint64_t keep);

}  // namespace jaild::monitor
