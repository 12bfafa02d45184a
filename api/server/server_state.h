// What the listeners and sessions of one server share.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "api/server/bytes.h"
#include "api/server/connection.h"
#include "api/server/server_options.h"
#include "api/server/service.h"

namespace jaild::server {

// Loop thread only. Shared by whoever still runs, so that the Server may go first.
struct ServerState {
  ServerState(Service& the_service, ServerOptions the_options)
      : service(the_service), options(std::move(the_options)), bytes(options.bytes) {}

  Service& service;  // main's; outlives the loop
  const ServerOptions options;
  ByteLedger bytes;
  std::map<Connection*, std::weak_ptr<Connection>> connections;
  std::vector<std::shared_ptr<Place>> places;
  bool stopping = false;
  std::function<void()> connection_ended;  // the Server's
};

}  // namespace jaild::server
