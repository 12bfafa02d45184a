// Where the daemon is, and the token to show there.
#pragma once

#include <string>
#include <string_view>

#include "api/contract/result.h"
#include "client/terminal.h"

namespace jaild::client {

struct Endpoint {
  std::string socket;  // a path; "" when the daemon is asked over TCP
  std::string host;    // without brackets
  std::string port;
  std::string token;  // "" none; only ever sent over TCP: on the socket the kernel says who asks

  [[nodiscard]] std::string text() const;         // for messages: the path, or the URL
  [[nodiscard]] std::string host_header() const;  // what the Host field says
};

// As given on the command line; "" when not given.
struct EndpointFlags {
  std::string socket;
  std::string url;
};

[[nodiscard]] std::string_view default_socket();

// --socket, --url, JAILD_SOCKET, JAILD_URL, the default socket, in this order. Kind::invalid: both flags, or a URL that
// is none of ours. Kind::forbidden: others than its owner may read JAILD_TOKEN_FILE, or its token would leave the
// machine in the clear. Kind::unauthorized: that file cannot be read or holds no token.
Result<Endpoint> find_endpoint(const EndpointFlags& flags, const Environment& environment);

}  // namespace jaild::client
