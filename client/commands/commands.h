// Every verb of jailctl: each function adds one with its options and help, and sets `chosen` when it was given.
#pragma once

#include <functional>

#include "client/exit_code.h"
#include "client/session.h"

namespace CLI {
class App;
}

namespace jaild::client {

using Command = std::function<ExitCode(Session&)>;

void add_up(CLI::App& app, Command& chosen);
void add_start(CLI::App& app, Command& chosen);
void add_down(CLI::App& app, Command& chosen);
void add_stop(CLI::App& app, Command& chosen);
void add_wait(CLI::App& app, Command& chosen);
void add_restart(CLI::App& app, Command& chosen);
void add_adopt(CLI::App& app, Command& chosen);
void add_status(CLI::App& app, Command& chosen);
void add_ls(CLI::App& app, Command& chosen);
void add_ps(CLI::App& app, Command& chosen);
void add_inspect(CLI::App& app, Command& chosen);
void add_help(CLI::App& app, Command& chosen);
void add_set(CLI::App& app, Command& chosen);
void add_unset(CLI::App& app, Command& chosen);
void add_edit(CLI::App& app, Command& chosen);
void add_rm(CLI::App& app, Command& chosen);
void add_exec(CLI::App& app, Command& chosen);
void add_console(CLI::App& app, Command& chosen);
void add_events(CLI::App& app, Command& chosen);
void add_history(CLI::App& app, Command& chosen);
void add_diff(CLI::App& app, Command& chosen);
void add_rollback(CLI::App& app, Command& chosen);
void add_logs(CLI::App& app, Command& chosen);
void add_plan(CLI::App& app, Command& chosen);
void add_apply(CLI::App& app, Command& chosen);
void add_import(CLI::App& app, Command& chosen);
void add_export(CLI::App& app, Command& chosen);
void add_top(CLI::App& app, Command& chosen);
void add_completion(CLI::App& app, Command& chosen);
void add_doctor(CLI::App& app, Command& chosen);
void add_token(CLI::App& app, Command& chosen);
void add_api(CLI::App& app, Command& chosen);
void add_version(CLI::App& app, Command& chosen);

}  // namespace jaild::client
