// The WebSocket of GET /jails/{name}/exec from the side of a terminal or a pipe.
#pragma once

#include <string>

#include "api/contract/exec.h"
#include "api/contract/result.h"
#include "client/detach_keys.h"
#include "client/endpoint.h"
#include "client/terminal.h"

namespace jaild::client {

struct ExecOptions {
  bool input = false;  // give the command our standard input
  bool leave = false;  // leave it running as soon as it has started; its output is for nobody
  DetachKeys detach_keys;
};

struct ExecEnd {
  bool detached = false;  // the command goes on
  ExecExit exit;
};

// Runs until the command ended, its user detached, or our own output is closed (the command is then hung up, and its
// exit is SIGPIPE). Blocks; with a terminal in the request, ours is in raw mode meanwhile. Kinds as Connection::call(),
// and those of the daemon's refusal.
Result<ExecEnd> run_exec(const Endpoint& endpoint, const std::string& jail, const ExecRequest& request,
                         ExecOptions options, Terminal& terminal);

}  // namespace jaild::client
