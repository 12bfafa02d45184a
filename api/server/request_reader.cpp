#include "api/server/request_reader.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <limits>
#include <vector>

#include "api/server/header_scan.h"

namespace jaild::server {

namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace {

constexpr std::size_t body_piece = 16 * 1024;
constexpr std::size_t header_piece = 4096;
constexpr int empty_lines_most = 8;

std::string to_std(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

// Every line of a field, joined as RFC 9110, 5.3 allows.
template <class Name>
std::optional<std::string> field(const http::fields& fields, Name name) {
  std::optional<std::string> joined;
  const auto [first, last] = fields.equal_range(name);
  for (auto line = first; line != last; ++line) {
    joined = joined ? *joined + ", " + to_std(line->value()) : to_std(line->value());
  }
  return joined;
}

// Sec-Fetch is not sent over plain HTTP to a name that is not localhost, and Origin not with a page's GET of its own
// host: a name that was made to point here (DNS rebinding) then shows by what else every browser sends.
bool is_of_browser(const http::request_header<>& header) {
  const auto speaks_of_a_page = [](const auto& line) {
    constexpr std::string_view fetch = "Sec-Fetch-";
    const auto name = line.name_string();
    return line.name() == http::field::origin || line.name() == http::field::referer ||
           line.name() == http::field::accept_language ||
           boost::beast::iequals(name.substr(0, fetch.size()), {fetch.data(), fetch.size()});
  };
  return std::any_of(header.begin(), header.end(), speaks_of_a_page);
}

}  // namespace

Request to_request(const http::request_header<>& header) {
  Request request;
  request.method = to_std(header.method_string());
  request.target = to_std(header.target());
  request.host = field(header, http::field::host);
  request.authorization = field(header, http::field::authorization);
  request.content_type = field(header, http::field::content_type);
  request.content_encoding = field(header, http::field::content_encoding);
  request.accept = field(header, http::field::accept);
  request.if_match = field(header, http::field::if_match);
  request.if_none_match = field(header, http::field::if_none_match);
  request.websocket_key = field(header, http::field::sec_websocket_key);
  request.origin = field(header, http::field::origin);
  request.last_event_id = field(header, "Last-Event-ID");
  request.sec_fetch_site = field(header, "Sec-Fetch-Site");
  request.of_browser = is_of_browser(header);
  return request;
}

RequestReader::RequestReader(Connection& connection) : connection_(connection), limits_(connection.limits()) {}

asio::awaitable<bool> RequestReader::first_byte() {
  auto& buffer = connection_.buffer();
  connection_.set_unasked(true);
  for (int n = 0; n < empty_lines_most; ++n) {
    const bool begun = co_await any_byte();
    if (!begun) co_return false;
    // An empty line after a body is no start of a request: the next one may be long in coming.
    if (buffer.size() != 2 || boost::beast::buffers_to_string(buffer.data()) != "\r\n") co_return true;
    buffer.consume(buffer.size());
  }
  co_return true;  // and find_header() waits no longer than for any header
}

asio::awaitable<bool> RequestReader::any_byte() {
  auto& buffer = connection_.buffer();
  if (buffer.size() > 0) co_return true;  // pipelined
  connection_.set_interruptible(true);
  connection_.deadline().set(limits_.idle_time);
  // Room is made only once there is something to read: thousands may be idle.
  buffer.shrink_to_fit();
  auto [failed] = co_await connection_.socket().async_wait(Socket::wait_read, as_result);
  connection_.deadline().clear();
  connection_.set_interruptible(false);
  if (failed) co_return false;
  const std::size_t size = connection_.socket().read_some(buffer.prepare(limits_.header_bytes), failed);
  if (failed && failed != asio::error::would_block) co_return false;
  buffer.commit(size);
  co_return true;
}

asio::awaitable<Result<std::size_t>> RequestReader::find_header() {
  auto& buffer = connection_.buffer();
  HeaderScan scan(limits_.header_bytes, limits_.header_fields);
  for (;;) {  // bounded by header_bytes and by the deadline
    const auto data = buffer.data();
    const Result<std::size_t> end = scan.find_end({static_cast<const char*>(data.data()), data.size()});
    if (!end) co_return end;
    if (*end > 0) {
      buffer.consume(scan.empty_bytes());
      co_return *end - scan.empty_bytes();
    }
    const auto room = buffer.prepare(header_piece);
    const auto [failed, size] = co_await connection_.socket().async_read_some(room, as_result);
    if (connection_.deadline().passed()) co_return Fail(Kind::request_timeout, "the request did not arrive in time");
    if (failed) co_return Fail(Kind::unavailable, "the client is gone");
    buffer.commit(size);
  }
}

asio::awaitable<std::optional<Result<Request>>> RequestReader::read_head() {
  parser_.reset();
  const bool begun = co_await first_byte();
  if (!begun) co_return std::nullopt;
  parser_ = std::make_unique<Parser>();
  parser_->header_limit(static_cast<std::uint32_t>(limits_.header_bytes));
  parser_->body_limit(boost::none);  // receive() counts, and knows what to do beyond
  connection_.deadline().set(limits_.header_time);
  const Result<std::size_t> found = co_await find_header();
  connection_.set_unasked(false);
  connection_.deadline().clear();
  if (!found && found.error().kind == Kind::unavailable) co_return std::nullopt;
  if (!found) co_return Result<Request>(Fail(found.error()));
  boost::system::error_code failed;
  const std::size_t taken = parser_->put(asio::buffer(connection_.buffer().data(), *found), failed);
  connection_.buffer().consume(taken);
  if (failed || !parser_->is_header_done()) {
    co_return Result<Request>(Fail(Kind::bad_request, "the request is broken: " + failed.message()));
  }
  const Result<void> framed = check_framing(parser_->get());
  if (!framed) co_return Result<Request>(Fail(framed.error()));
  Request request = to_request(parser_->get());
  // Of another version Beast would answer itself, and not with a problem.
  request.upgrade = boost::beast::websocket::is_upgrade(parser_->get()) &&
                    field(parser_->get(), http::field::sec_websocket_version) == "13";
  co_return Result<Request>(std::move(request));
}

Result<void> check_framing(const http::request_header<>& header) {
  const auto codings = field(header, http::field::transfer_encoding);
  if (codings) {
    if (!boost::beast::iequals(*codings, "chunked")) {
      return Fail(Kind::bad_request, "Transfer-Encoding: chunked is the only one taken");
    }
    if (header.version() < 11) return Fail(Kind::bad_request, "HTTP/1.0 has no Transfer-Encoding");
    if (header.count(http::field::content_length) > 0) {
      return Fail(Kind::bad_request, "both Content-Length and Transfer-Encoding are given");
    }
  }
  // Beast takes a length that is given twice, as long as it is the same.
  const std::size_t lengths = header.count(http::field::content_length);
  const auto length = header[http::field::content_length];
  if (lengths > 1 || (lengths == 1 && length.find_first_not_of("0123456789") != length.npos)) {
    return Fail(Kind::bad_request, "Content-Length must be one number");
  }
  const std::size_t hosts = header.count(http::field::host);
  if (hosts > 1 || (hosts == 0 && header.version() >= 11)) {
    return Fail(Kind::bad_request, "HTTP/1.1 needs exactly one Host field");
  }
  return {};
}

Error RequestReader::read_error(boost::system::error_code failed) const {
  if (connection_.deadline().passed()) return {Kind::request_timeout, "the request did not arrive in time", 0, {}};
  return {Kind::bad_request, "the request is broken: " + failed.message(), 0, {}};
}

bool RequestReader::expects_continue() const {
  const auto& header = parser_->get();
  return header.version() >= 11 && !parser_->is_done() && connection_.buffer().size() == 0 &&
         boost::beast::iequals(header[http::field::expect], "100-continue");
}

asio::awaitable<Result<void>> RequestReader::read_body(Request& request, Bytes& bytes) {
  const auto announced = parser_->content_length();
  if (announced && *announced > limits_.body_bytes && (expects_continue() || *announced > limits_.discard_bytes)) {
    co_return Fail(Kind::too_large, "a body may have " + std::to_string(limits_.body_bytes) + " bytes");
  }
  if (expects_continue()) {
    const bool sent = co_await connection_.write("HTTP/1.1 100 Continue\r\n\r\n", "");
    if (!sent) co_return Fail(Kind::bad_request, "the client is gone");
  }
  Result<void> received = co_await receive(&request.body, &bytes);
  co_return received;
}

asio::awaitable<void> RequestReader::drop_body() {
  const auto announced = parser_->content_length();
  if (expects_continue() || (announced && *announced > limits_.discard_bytes)) co_return;
  connection_.set_unasked(true);
  const Result<void> dropped = co_await receive(nullptr, nullptr);
  connection_.set_unasked(false);
  static_cast<void>(dropped);  // whatever it was, the answer is already known
}

asio::awaitable<Result<void>> RequestReader::receive(std::string* into, Bytes* bytes) {
  if (parser_->is_done()) co_return Result<void>{};
  std::vector<char> piece(body_piece);
  std::size_t total = 0;
  connection_.deadline().set(limits_.body_time);
  while (!parser_->is_done() && total <= limits_.discard_bytes) {
    auto& body = parser_->get().body();
    body.data = piece.data();
    body.size = piece.size();
    auto [failed, size] = co_await http::async_read(connection_.socket(), connection_.buffer(), *parser_, as_result);
    static_cast<void>(size);
    const std::size_t got = piece.size() - body.size;
    total += got;
    if (into != nullptr && total <= limits_.body_bytes) {
      // Before it is there: a string that grows has room for twice as much.
      if (!bytes->hold(body_piece + 2 * total)) {
        connection_.deadline().clear();
        *into = {};
        co_return Fail(Kind::overloaded, "too much of your requests and answers is under way here");
      }
      into->append(piece.data(), got);
    }
    if (failed == http::error::need_buffer) failed = {};
    if (failed && total > limits_.body_bytes) break;  // its size is what the client should hear of
    if (failed) {
      connection_.deadline().clear();
      co_return Fail(read_error(failed));
    }
  }
  connection_.deadline().clear();
  if (total > limits_.body_bytes) {
    if (into != nullptr) into->clear();
    co_return Fail(Kind::too_large, "a body may have " + std::to_string(limits_.body_bytes) + " bytes");
  }
  co_return Result<void>{};
}

int RequestReader::http_minor() const {
  return parser_ && parser_->is_header_done() && parser_->get().version() < 11 ? 0 : 1;
}

bool RequestReader::keep_alive() const {
  return parser_ && parser_->is_done() && parser_->keep_alive();
}

}  // namespace jaild::server
