// The jails of one file, JSON or jail.conf(5), and the way back from what the daemon says of one to its place in there.
#pragma once

#include <string>
#include <vector>

#include "client/declaration_file.h"
#include "client/jail_conf.h"

namespace jaild::client {

struct LoadedFile {
  SourceText source;
  std::vector<Declaration> jails;          // dependencies first
  std::vector<jailconf::Declared> blocks;  // of a jail.conf: one for each of `jails`; else empty
};

// Reads FILE, or standard input for "-". Otherwise than ExitCode::ok: its mistakes were said, all of them, each with
// its place. What becomes something else than it says is said in either case.
ExitCode load_file(Session& session, const std::string& path, LoadedFile& file);

// Says what the daemon has against `file.jails[at]`; pointers of `error` start at that jail.
ExitCode refused(Session& session, const LoadedFile& file, std::size_t at, const Error& error);

}  // namespace jaild::client
