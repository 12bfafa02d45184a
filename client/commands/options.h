// Options that several verbs share, so that they read the same everywhere.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "client/action.h"
#include "client/commands/commands.h"
#include "client/set_files.h"
#include "client/when.h"

namespace jaild::client {

inline void add_dry_run(CLI::App& verb, bool& dry_run) {
  verb.add_flag("-n,--dry-run", dry_run, "Show what would happen, step by step, and change nothing");
}

inline void add_waiting(CLI::App& verb, Action& action, bool& no_wait) {
  verb.add_flag("--no-wait", no_wait, "Return as soon as jaild has taken the order");
  verb.add_option("--timeout", action.timeout_seconds, "Wait at most this long for all jails together (600)")
      ->type_name("SECONDS")
      ->check(CLI::Range(1, wait_seconds_max).description(""));
}

inline CLI::Option* add_names(CLI::App& verb, std::vector<std::string>& names, const std::string& help) {
  return verb.add_option("NAME", names, help)->type_name("");
}

// Also refuses the empty one: the variable of a script that was not set.
inline CLI::Validator a_time() {
  return CLI::Validator(
      [](const std::string& text) {
        return parse_when(text, std::chrono::system_clock::now()) ? std::string() : not_a_time(text);
      },
      "");
}

// Of plan and apply, which must mean the same by them.
inline void add_set_options(CLI::App& verb, SetOptions& options) {
  verb.add_option(
          "-f,--file", options.path,
          "The jails, JSON or jail.conf(5): a file, a directory with *.conf and *.json, or - for standard input")
      ->type_name("FILE|DIR")
      ->required();
  verb.add_flag("--prune", options.prune,
                "Delete what has the labels that all jails of the set share and is not in it");
  verb.add_flag("--no-restart", options.no_restart, "Leave what needs a restart pending");
}

// Options live as long as the command that uses them.
template <class Options>
void choose(CLI::App& verb, Command& chosen, std::shared_ptr<Options> options,
            ExitCode (*run)(Session&, const Options&)) {
  verb.callback(
      [&chosen, options, run] { chosen = [options, run](Session& session) { return run(session, *options); }; });
}

}  // namespace jaild::client
