// Where a health check connects to, as values. Pure text: nothing is resolved.
#pragma once

#include <string>
#include <string_view>

#include "api/contract/result.h"

namespace jaild {

struct HostPort {
  std::string host;  // a name or an address, without brackets
  int port = 0;      // 1 to 65535
  bool operator==(const HostPort&) const = default;
};

// As the Host field of a request to it (RFC 9110 7.2): an IPv6 address in brackets, the port where it is not 80.
std::string host_field(const HostPort& where);

// HOST:PORT or [V6]:PORT. Kind::invalid says what is wrong.
Result<HostPort> parse_host_port(std::string_view text);

struct HttpUrl {
  HostPort where;      // port 80 when the URL has none
  std::string target;  // path and query for the request line, at least "/"
  bool operator==(const HttpUrl&) const = default;
};

// http://HOST[:PORT][/PATH][?QUERY], at most 2048 bytes. Kind::invalid says what is wrong; https, user names and
// fragments are refused, because the check would not do what they promise.
Result<HttpUrl> parse_http_url(std::string_view text);

}  // namespace jaild
