// Verbs that do one thing to the jails that they name.
#pragma once

#include <string>
#include <vector>

#include "client/action.h"

namespace jaild::client {

struct JailAction {
  std::vector<std::string> names;
  Action action;
  bool no_wait = false;
};

// Success: it was done to all. Otherwise the first failure's code; the others were tried all the same.
ExitCode run_jail_action(Session& session, const JailAction& options);

}  // namespace jaild::client
