// One HTTP call at a time to the daemon, blocking, with a bound on every wait. Any thread; no state between calls: each
// call opens a connection of its own, so a daemon that was restarted in between is no special case.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/contract/result.h"
#include "client/endpoint.h"

namespace jaild::client {

struct HttpRequest {
  std::string method;
  std::string target;     // path and query, already encoded
  std::string body = {};  // "" none
  std::vector<std::pair<std::string, std::string>> headers = {};
  // The longest silence that is borne: until the whole answer for call(), between two pieces for stream().
  std::chrono::milliseconds timeout{30'000};
};

struct HttpResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  [[nodiscard]] std::string header(std::string_view name) const;  // case does not matter; "" absent
};

// 1,000 jails with long histories stay far below; more than this is not an answer of jaild.
constexpr std::size_t response_bytes_max = std::size_t{64} << 20;
constexpr std::chrono::seconds connect_timeout{5};

class Connection {
 public:
  explicit Connection(Endpoint endpoint) : endpoint_(std::move(endpoint)) {}
  [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }

  // Kind::unavailable: nothing listens or the connection broke; Kind::forbidden: the socket's mode keeps us out;
  // Kind::timeout: connected, but no answer within request.timeout. Any HTTP status is a success here.
  Result<HttpResponse> call(const HttpRequest& request) const;

  // Hands the header to `on_head` and every piece of the body to `on_piece` as it arrives; either ends the call by
  // returning false. Success: ended by them, or by the daemon at the end of the body.
  using OnHead = std::function<bool(const HttpResponse&)>;
  using OnPiece = std::function<bool(std::string_view)>;
  // What else the caller has to do while nothing comes: `act` is called at the time that `next` gives (nullopt: there
  // is nothing to do), and ends the call by returning false.
  struct Meanwhile {
    std::function<std::optional<std::chrono::steady_clock::time_point>()> next;
    std::function<bool()> act;
  };
  Result<void> stream(const HttpRequest& request, const OnHead& on_head, const OnPiece& on_piece,
                      const Meanwhile& meanwhile = {}) const;

 private:
  Endpoint endpoint_;
};

// Everything but RFC 3986's unreserved characters as %XX.
[[nodiscard]] std::string percent_encode(std::string_view text);

}  // namespace jaild::client
