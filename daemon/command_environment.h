// What of jaild's own environment goes on to hooks and commands.
#pragma once

#include <string>
#include <vector>

#include "api/contract/result.h"

namespace jaild {

// PATH and TERM, and what `names` names (--pass-env); one that is not set is left out. HOME, SHELL and USER are those
// of whom a command runs as, unless they are named. `environment` as environ(7). Kind::invalid: a value is not UTF-8,
// in which it travels, or all of them together exceed 64 KiB. Pure.
Result<std::vector<std::string>> command_environment(const std::vector<std::string>& names,
                                                     const char* const* environment);

}  // namespace jaild
