// A program of the base system, for the few things that have no system call of their own.
#pragma once

#include <string>
#include <vector>

#include "api/contract/result.h"

namespace jaild::host {

// Runs `words` (an absolute path first, no shell) with an empty input and waits, at most 60 s. Kind::missing: the
// program is not there. Kind::host_refused: it ended with another status than 0; what it printed is in the message.
Result<void> run_program(std::vector<std::string> words);

}  // namespace jaild::host
