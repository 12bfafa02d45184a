#include "client/connection.h"

#include "client/stream.h"

#include <boost/asio/io_context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <array>
#include <memory>

namespace jaild::client {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace {

using Request = http::request<http::string_body>;

Result<Request> build(const Endpoint& endpoint, const HttpRequest& call) {
  // A line break in a header or target would be a request of its own.
  const auto breaks = [](std::string_view text) {
    return text.find_first_of(std::string_view("\r\n\0", 3)) != text.npos;
  };
  if (call.method.empty() || breaks(call.method) || breaks(call.target) || call.target.find(' ') != std::string::npos) {
    return Fail(Kind::invalid, "method or path cannot be sent");
  }
  Request request;
  request.version(11);
  request.method_string(call.method);
  request.target(call.target);
  request.set(http::field::host, endpoint.host_header());
  request.set(http::field::user_agent, "jailctl/" JAILD_VERSION);
  request.set(http::field::connection, "close");
  if (!endpoint.token.empty()) request.set(http::field::authorization, "Bearer " + endpoint.token);
  for (const auto& [name, value] : call.headers) {
    const bool token = !name.empty() && name.find_first_of(" \t:") == std::string::npos;
    if (!token || breaks(name) || breaks(value)) return Fail(Kind::invalid, "header cannot be sent: " + name);
    request.set(name, value);
  }
  request.body() = call.body;
  if (!call.body.empty() || call.method == "POST" || call.method == "PUT" || call.method == "PATCH") {
    request.content_length(call.body.size());
  }
  return request;
}

// complete(), and meanwhile what the caller has to do; nullopt when that ended it.
template <class Begin>
std::optional<beast::error_code> complete_meanwhile(asio::io_context& loop, const Begin& begin,
                                                    const Connection::Meanwhile& meanwhile) {
  if (!meanwhile.next) return complete(loop, begin);
  // What is left of it when this returns early is destroyed with the loop and never called.
  const auto outcome = std::make_shared<std::optional<beast::error_code>>();
  begin([outcome](beast::error_code error, auto&&...) { *outcome = error; });
  loop.restart();
  while (!*outcome) {
    const auto next = meanwhile.next();
    if (next && *next <= std::chrono::steady_clock::now()) {
      if (!meanwhile.act()) return std::nullopt;
    } else if (next) {
      loop.run_one_until(*next);
    } else {
      loop.run_one();
    }
  }
  return *outcome;
}

template <class Message>
HttpResponse head_of(const Message& message) {
  HttpResponse response;
  response.status = static_cast<int>(message.result_int());
  for (const auto& field : message) response.headers.emplace_back(field.name_string(), field.value());
  return response;
}

// Connects and sends. Kind::unavailable when the daemon went away meanwhile, unless it left an answer to be read (it
// refuses a large body before it has taken all of it).
Result<void> send(asio::io_context& loop, Stream& stream, const Endpoint& endpoint, const HttpRequest& call) {
  Result<Request> request = build(endpoint, call);
  if (!request) return Fail(request.error());
  const Result<void> connected = connect(loop, stream, endpoint);
  if (!connected) return connected;
  stream.expires_after(call.timeout);
  const beast::error_code error = complete(loop, [&](auto handler) { http::async_write(stream, *request, handler); });
  if (error && error != asio::error::broken_pipe && error != asio::error::connection_reset) {
    return Fail(broken(endpoint, error, call.timeout));
  }
  return {};
}

}  // namespace

std::string HttpResponse::header(std::string_view name) const {
  for (const auto& [field, value] : headers) {
    if (beast::iequals(field, {name.data(), name.size()})) return value;
  }
  return "";
}

Result<HttpResponse> Connection::call(const HttpRequest& request) const {
  asio::io_context loop(1);
  Stream stream(loop);
  const Result<void> sent = send(loop, stream, endpoint_, request);
  if (!sent) return Fail(sent.error());
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(response_bytes_max);
  parser.skip(request.method == "HEAD");
  stream.expires_after(request.timeout);
  const beast::error_code error =
      complete(loop, [&](auto handler) { http::async_read(stream, buffer, parser, handler); });
  if (error) return Fail(broken(endpoint_, error, request.timeout));
  HttpResponse response = head_of(parser.get());
  response.body = std::move(parser.get().body());
  return response;
}

Result<void> Connection::stream(const HttpRequest& request, const OnHead& on_head, const OnPiece& on_piece,
                                const Meanwhile& meanwhile) const {
  asio::io_context loop(1);
  Stream stream(loop);
  const Result<void> sent = send(loop, stream, endpoint_, request);
  if (!sent) return sent;
  beast::flat_buffer buffer;
  http::response_parser<http::buffer_body> parser;
  parser.body_limit(boost::none);  // nothing is kept: each piece is handed on and forgotten
  parser.skip(request.method == "HEAD");
  stream.expires_after(request.timeout);
  beast::error_code error =
      complete(loop, [&](auto handler) { http::async_read_header(stream, buffer, parser, handler); });
  if (error) return Fail(broken(endpoint_, error, request.timeout));
  if (!on_head(head_of(parser.get()))) return {};
  std::array<char, 16384> piece;
  while (!parser.is_done()) {
    parser.get().body().data = piece.data();
    parser.get().body().size = piece.size();
    stream.expires_after(request.timeout);
    const auto read = [&](auto handler) { http::async_read_some(stream, buffer, parser, handler); };
    const std::optional<beast::error_code> done = complete_meanwhile(loop, read, meanwhile);
    if (!done) return {};
    error = *done;
    if (error && error != http::error::need_buffer) return Fail(broken(endpoint_, error, request.timeout));
    const std::size_t size = piece.size() - parser.get().body().size;
    if (size > 0 && !on_piece({piece.data(), size})) return {};
  }
  return {};
}

std::string percent_encode(std::string_view text) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (alphanumeric || c == '-' || c == '.' || c == '_' || c == '~') {
      encoded += c;
    } else {
      encoded += '%';
      encoded += digits[byte >> 4];
      encoded += digits[byte & 15];
    }
  }
  return encoded;
}

}  // namespace jaild::client
