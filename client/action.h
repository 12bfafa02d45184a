// up, down, restart and rm have one shape: ask for every jail first, so that they work at the same time, then wait for
// each.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "api/contract/routes.h"
#include "client/exit_code.h"
#include "client/session.h"
#include "client/wait.h"

namespace jaild::client {

// Every wait ends. A start may take the daemon's start_timeout of 600 s.
constexpr int wait_seconds_default = 600;
constexpr int wait_seconds_max = 86'400;

struct Action {
  RouteId route = RouteId::start_jail;
  Goal goal = Goal::running;
  bool dry_run = false;  // prints what would happen instead
  bool wait = true;
  int timeout_seconds = wait_seconds_default;  // for all jails together
};

struct Acted {
  ExitCode code = ExitCode::ok;         // the first failure's
  std::vector<nlohmann::json> objects;  // as they were seen last, in the order of the names; a dry run's answers
};

// A jail that fails does not keep the others from being tried; an unreachable daemon ends it. `asked`: the answers of
// those for which it was asked already; they are only waited for.
Acted act(Session& session, const std::vector<std::string>& names, const Action& action,
          const std::map<std::string, nlohmann::json>& asked = {});

}  // namespace jaild::client
