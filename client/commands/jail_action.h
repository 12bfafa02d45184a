// Verbs that do one thing to the jails that they name, or to all.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "client/action.h"

namespace jaild::client {

struct JailAction {
  std::string verb;
  std::vector<std::string> names;
  Action action;
  bool no_wait = false;
  bool all = false;
  // Whether --all means this jail; foreign ones are not asked about. Null: the verb has no --all.
  bool (*concerns)(const nlohmann::json& object) = nullptr;
  std::string none = {};  // said when --all means no jail
};

// NAME... and --all.
void add_names_or_all(CLI::App& verb, JailAction& options, const std::string& names_help, const std::string& all_help);

// Success: it was done to all. Otherwise the first failure's code; the others were tried all the same.
ExitCode run_jail_action(Session& session, const JailAction& options);

// What --all may mean.
bool any_jail(const nlohmann::json& object);
bool is_kept_up(const nlohmann::json& object);  // up, or jaild tries to bring it up

}  // namespace jaild::client
