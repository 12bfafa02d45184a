#include "client/stream.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/http/error.hpp>

#include <cerrno>
#include <vector>

#include "client/connection.h"

namespace jaild::client {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace {

using StreamEndpoint = asio::generic::stream_protocol::endpoint;

Result<std::vector<StreamEndpoint>> addresses(asio::io_context& loop, const Endpoint& endpoint) {
  std::vector<StreamEndpoint> found;
  if (!endpoint.socket.empty()) {
    // sun_path holds 104 bytes on FreeBSD, 108 on Linux; the constructor throws beyond.
    try {
      found.emplace_back(asio::local::stream_protocol::endpoint(endpoint.socket));
    } catch (const boost::system::system_error&) {
      return Fail(Kind::unavailable,
                  "cannot reach jaild at " + endpoint.text() + ": the path is too long for a socket");
    }
    return found;
  }
  beast::error_code error;
  asio::ip::tcp::resolver resolver(loop);
  for (const auto& entry : resolver.resolve(endpoint.host, endpoint.port, error)) found.emplace_back(entry.endpoint());
  if (error || found.empty()) {
    return Fail(Kind::unavailable, "cannot reach jaild at " + endpoint.text() + ": " + error.message());
  }
  return found;
}

Error connect_error(const Endpoint& endpoint, beast::error_code error) {
  const bool from_system = error.category() == boost::system::system_category();
  const int number = from_system ? error.value() : 0;
  const bool denied = number == EACCES || number == EPERM;
  const std::string why = error == beast::error::timeout ? "no answer to the connection" : error.message();
  return {denied ? Kind::forbidden : Kind::unavailable,
          "cannot reach jaild at " + endpoint.text() + ": " + why,
          number,
          {}};
}

}  // namespace

Result<void> connect(asio::io_context& loop, Stream& stream, const Endpoint& endpoint) {
  const Result<std::vector<StreamEndpoint>> candidates = addresses(loop, endpoint);
  if (!candidates) return Fail(candidates.error());
  beast::error_code error;
  for (const StreamEndpoint& candidate : *candidates) {
    stream.expires_after(connect_timeout);
    error = complete(loop, [&](auto handler) { stream.async_connect(candidate, handler); });
    if (!error) return {};
    stream.close();
  }
  return Fail(connect_error(endpoint, error));
}

Error broken(const Endpoint& endpoint, beast::error_code error, std::chrono::milliseconds timeout) {
  if (error == beast::error::timeout) {
    return {
        Kind::timeout,
        "jaild at " + endpoint.text() + " gave no answer within " + std::to_string(timeout.count() / 1000) + " seconds",
        0,
        {}};
  }
  if (error == http::error::body_limit) {
    return {Kind::too_large,
            "the answer of " + endpoint.text() + " is larger than " + std::to_string(response_bytes_max >> 20) + " MiB",
            0,
            {}};
  }
  const std::string why = error == http::error::end_of_stream ? "it closed the connection" : error.message();
  return {Kind::unavailable, "lost jaild at " + endpoint.text() + ": " + why, 0, {}};
}

}  // namespace jaild::client
