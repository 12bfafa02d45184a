// How a command ended, in the words of the protocol. Pure.
#pragma once

#include <chrono>
#include <string>

#include <nlohmann/json.hpp>

#include "api/contract/jail_status.h"
#include "daemon/monitor/commands.h"
#include "daemon/monitor/options.h"

namespace jaild::monitor {

// "command exited with 1", "command was ended by SIGKILL".
LastExit last_exit(const Outcome& outcome, std::chrono::system_clock::time_point at);

// The text of STATE_DIR/exits/N.json.
std::string exit_record(const Options& options, const LastExit& exit);

// The fields of an answer to `run`.
nlohmann::json outcome_fields(const CommandEvent& event);

// The enumerator's own name: "host_refused".
std::string kind_name(Kind kind);

}  // namespace jaild::monitor
