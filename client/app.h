// jailctl as a function: arguments and streams in, exit code out. Tests call it as main() does.
#pragma once

#include <string>
#include <vector>

#include "client/exit_code.h"
#include "client/terminal.h"

namespace jaild::client {

// `arguments` without the program's name.
ExitCode run(const std::vector<std::string>& arguments, Terminal& terminal);

}  // namespace jaild::client
