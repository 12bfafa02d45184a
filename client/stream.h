// A connection to the daemon below HTTP: over its socket or TCP, with a bound on every wait.
#pragma once

#include <boost/asio/error.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/core/basic_stream.hpp>

#include <chrono>
#include <optional>

#include "api/contract/result.h"
#include "client/endpoint.h"

namespace jaild::client {

// One stream type for the socket and for TCP.
using Stream = boost::beast::basic_stream<boost::asio::generic::stream_protocol>;

// Beast's deadlines hold for asynchronous operations only, so each step is begun as one and run to its end here: to its
// own end, not until the loop has nothing left to do, because a WebSocket's refused handshake leaves its timer behind.
template <class Begin>
boost::beast::error_code complete(boost::asio::io_context& loop, const Begin& begin) {
  std::optional<boost::beast::error_code> outcome;
  begin([&outcome](boost::beast::error_code error, auto&&...) { outcome = error; });
  loop.restart();
  while (!outcome && loop.run_one() > 0) continue;
  return outcome.value_or(boost::asio::error::operation_aborted);
}

// Kind::unavailable: nothing listens; Kind::forbidden: the socket's mode keeps us out.
Result<void> connect(boost::asio::io_context& loop, Stream& stream, const Endpoint& endpoint);

// What a conversation that broke is called. `timeout`: the silence that was borne.
Error broken(const Endpoint& endpoint, boost::beast::error_code error, std::chrono::milliseconds timeout);

}  // namespace jaild::client
