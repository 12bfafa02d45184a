// `jailctl exec web ls -l` as docker, podman and jexec(8) take it: behind the jail's name the command begins, and what
// looks like an option there is the command's own.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace jaild::client {

// The words of the command line, with "--" before the command of an `exec` that has none. Options of jailctl's own may
// stand between the jail's name and the command.
[[nodiscard]] std::vector<std::string> with_command_marked(const CLI::App& app, const std::vector<std::string>& words);

}  // namespace jaild::client
