// Reads one request after another off a connection, within the limits, and refuses what HTTP does not allow.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <memory>
#include <optional>

#include "api/contract/result.h"
#include "api/server/bytes.h"
#include "api/server/connection.h"
#include "api/server/message.h"

namespace jaild::server {

// What a handler sees of a parsed header.
Request to_request(const boost::beast::http::request_header<>& header);

// What Beast 1.81 lets pass and a proxy in front might read otherwise: then the two would disagree on where a request
// ends, and the next one could be smuggled in. Kind::bad_request.
Result<void> check_framing(const boost::beast::http::request_header<>& header);

// Loop thread only; the connection outlives it. For each request: read_head(), then read_body() or drop_body().
class RequestReader {
 public:
  explicit RequestReader(Connection& connection);

  // nullopt: the client closed, or sent nothing within the idle time: there is nobody to answer.
  // Kind::bad_request, header_too_large, request_timeout: answer it and close.
  boost::asio::awaitable<std::optional<Result<Request>>> read_head();

  // The body into `request`, after "100 Continue" where the client waits for that; `bytes` holds what came of it.
  // Kind::too_large after reading on and dropping as far as `discard_bytes`, Kind::overloaded as soon as `bytes` may
  // hold no more, Kind::bad_request for broken chunks, Kind::request_timeout; then close.
  boost::asio::awaitable<Result<void>> read_body(Request& request, Bytes& bytes);

  // The same for a body that nobody will read, since the answer is known. No "100 Continue".
  boost::asio::awaitable<void> drop_body();

  // The header as it came, for what Beast answers itself. Until the next read_head().
  [[nodiscard]] const boost::beast::http::request<boost::beast::http::buffer_body>& header() const {
    return parser_->get();
  }
  [[nodiscard]] int http_minor() const;  // 0 or 1
  // Whether another request may follow: both sides agree on where this one ended, and the client wants it.
  [[nodiscard]] bool keep_alive() const;

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::buffer_body>;

  boost::asio::awaitable<bool> first_byte();  // of a request
  boost::asio::awaitable<bool> any_byte();
  // The size of the header, once all of it is at the front of the buffer. Kind::unavailable: the client is gone.
  boost::asio::awaitable<Result<std::size_t>> find_header();
  [[nodiscard]] bool expects_continue() const;
  [[nodiscard]] Error read_error(boost::system::error_code failed) const;
  boost::asio::awaitable<Result<void>> receive(std::string* into, Bytes* bytes);

  Connection& connection_;
  const Limits& limits_;            // the connection's
  std::unique_ptr<Parser> parser_;  // one for each request
};

}  // namespace jaild::server
