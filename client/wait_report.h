// What the end of a wait is called.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "client/exit_code.h"
#include "client/hindrance.h"
#include "client/session.h"
#include "client/wait.h"

namespace jaild::client {

// One line on standard output (not with -o json, nor where `begun` is quiet), or why not on standard error. With
// Verdict::waiting the time is over. `hindrance`: of a jail that does not start.
ExitCode report(Session& session, Verdict verdict, const Begun& begun, const nlohmann::json& object,
                const Hindrance& hindrance);

}  // namespace jaild::client
