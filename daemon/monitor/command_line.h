// A command line as jail(8) takes it (usr.sbin/jail/command.c, run_command). Pure.
#pragma once

#include <string>
#include <vector>

namespace jaild::monitor {

struct CommandLine {
  std::vector<std::string> argv;  // empty: nothing to run, which is success
  bool background = false;        // a lone trailing "&"
};

// A shell metacharacter anywhere makes it `/bin/sh -c LINE`, but for a single trailing "&". Everything else is split on
// white space; there is no quoting without a shell.
CommandLine parse_command_line(const std::string& line);

}  // namespace jaild::monitor
