// Who may come in, where and how: what of the options concerns the HTTP server, read before anything is touched.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/contract/result.h"
#include "api/server/listen_option.h"
#include "api/server/server.h"
#include "daemon/options.h"

namespace jaild {

struct Entrance {
  server::ServerOptions options;
  std::vector<server::ListenOption> full;
  std::string listen_option = "--listen";  // that says where those are
  std::optional<server::ListenOption> probes;
};

// What is wrong is added to `mistakes`, one sentence each that names the option; then the result is of no use. Asks the
// system's user databases, so it may block: before the loop runs.
Entrance make_entrance(const DaemonOptions& options, std::vector<std::string>& mistakes);

// Listens on all of it and logs each address. Kind::conflict, Kind::host_refused: the first that could not be had.
Result<void> open_entrance(const Entrance& entrance, server::Server& server);

}  // namespace jaild
