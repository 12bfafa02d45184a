// The files of `jailctl plan` and `jailctl apply`: one file or a directory of them, as one body of POST /plan and
// /apply.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "client/loaded_file.h"

namespace jaild::client {

// A directory with more files than this is something else than a set of declarations.
constexpr std::size_t set_files_max = 1000;

struct SetOptions {
  std::string path;
  bool prune = false;
  bool no_restart = false;
};

struct SetFiles {
  std::vector<LoadedFile> files;
  std::vector<std::pair<std::size_t, std::size_t>> members;  // file and jail in it, in the order of the body
  nlohmann::json body;                                       // {"jails":[...], "prune"?, "restart"?}
};

// Reads FILE, "-", or every *.conf and *.json of a directory in the order of their names. Otherwise than ExitCode::ok:
// the mistakes of all files were said on standard error. With `prune` the labels that all jails share tell what belongs
// to the set; that there is none is a mistake.
ExitCode read_set(Session& session, const SetOptions& options, SetFiles& set);

// Says what the daemon found wrong: pointers "/jails/N/..." become places in the files.
ExitCode refused(Session& session, const SetFiles& set, const Error& error);

}  // namespace jaild::client
