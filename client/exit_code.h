// jailctl's exit codes, as jailctl(8) lists them. Scripts depend on them: a code never changes its meaning.
#pragma once

#include "api/contract/error.h"

namespace jaild::client {

enum class ExitCode : int {
  ok = 0,
  failed = 1,
  usage = 2,
  not_running = 3,
  unknown_jail = 4,
  not_ready = 5,  // running, but its health check has not passed
  conflict = 6,
  not_authorised = 7,
  unreachable = 8,
  timed_out = 124,  // timeout(1)'s
};

// The one table from kinds to exit codes is traits() in api/contract/error.h.
constexpr ExitCode exit_code(Kind kind) {
  return static_cast<ExitCode>(traits(kind).exit_code);
}

// Of several jails the first failure decides.
constexpr ExitCode first_failure(ExitCode earlier, ExitCode later) {
  return earlier == ExitCode::ok ? later : earlier;
}

}  // namespace jaild::client
