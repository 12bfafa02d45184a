// A jail as people read it: one line of a table, or a block.
#pragma once

#include <iosfwd>
#include <string>

#include <nlohmann/json.hpp>

#include "api/contract/jail_status.h"
#include "client/exit_code.h"
#include "client/terminal.h"

namespace jaild::client {

// NAME STATE READY JID ADDRESS UPTIME RESTARTS REASON.
void print_jail_table(std::ostream& out, const nlohmann::json& items, Style style, WallTime now);

// Everything about one jail. `usage`: the answer of GET /jails/{name}/usage, null when there is none.
void print_jail(std::ostream& out, const nlohmann::json& object, const nlohmann::json& usage, Style style,
                WallTime now);

// "12 lines lost since it started", of the log of the present run or the last one; "" when none was.
[[nodiscard]] std::string lost_lines_text(const nlohmann::json& object);

// "in force after `jailctl restart web`: cpuset, path"; "" when nothing waits for a restart.
[[nodiscard]] std::string pending_text(const nlohmann::json& object);

// What a change of a declaration came to: "web: generation 4", with what waits for a restart.
[[nodiscard]] std::string written_text(const nlohmann::json& object);

// running and ready: ok; running: not_ready; else not_running.
[[nodiscard]] ExitCode state_exit_code(const nlohmann::json& object);

}  // namespace jaild::client
