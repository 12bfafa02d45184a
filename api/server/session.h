// One conversation: read, route, answer, until one side has had enough.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>

#include "api/server/connection.h"
#include "api/server/server_state.h"

namespace jaild::server {

// Ends by itself, within the limits whatever the client does, and at once after Connection::cut().
boost::asio::awaitable<void> serve(std::shared_ptr<Connection> connection, std::shared_ptr<ServerState> state);

}  // namespace jaild::server
