#include "daemon/runtime/asio_prober.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/system/system_error.hpp>
#include <memory>
#include <system_error>

namespace jaild::runtime {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr auto as_values = asio::as_tuple(asio::use_awaitable);
// A health page is small; what is larger is not read to its end.
constexpr std::uint64_t answer_max = 64 * 1024;

struct Target {
  std::string host;
  std::string port;
  std::string path = "/";
};

// "HOST:PORT", "[V6]:PORT", "http://HOST[:PORT][/PATH]": validate() let nothing else in.
Target parse_target(const HealthSettings& settings) {
  std::string text = settings.target;
  Target target;
  if (settings.kind == HealthKind::http) {
    target.port = "80";
    if (text.starts_with("http://")) text = text.substr(7);
    if (const auto slash = text.find('/'); slash != std::string::npos) {
      target.path = text.substr(slash);
      text = text.substr(0, slash);
    }
  }
  const auto bracket = text.rfind(']');
  const auto colon = text.rfind(':');
  if (colon != std::string::npos && (bracket == std::string::npos || colon > bracket)) {
    target.port = text.substr(colon + 1);
    text = text.substr(0, colon);
  }
  if (text.size() > 1 && text.front() == '[') text = text.substr(1, text.size() - 2);
  target.host = text;
  return target;
}

std::string in_words(const char* what, const beast::error_code& error) {
  return std::string(what) + ": " + (error == beast::error::timeout ? "timed out" : error.message());
}

asio::awaitable<Result<void>> ask_http(beast::tcp_stream& stream, const Target& target, int expected) {
  http::request<http::empty_body> request(http::verb::get, target.path, 11);
  request.set(http::field::host, target.host);
  request.set(http::field::user_agent, "jaild");
  request.set(http::field::connection, "close");
  const auto [write_error, written] = co_await http::async_write(stream, request, as_values);
  if (write_error) co_return Fail(Kind::unavailable, in_words("request", write_error));
  beast::flat_buffer buffer(answer_max);
  http::response_parser<http::empty_body> parser;
  parser.header_limit(8192);
  const auto [read_error, read] = co_await http::async_read_header(stream, buffer, parser, as_values);
  if (read_error) co_return Fail(Kind::unavailable, in_words("answer", read_error));
  const int status = static_cast<int>(parser.get().result_int());
  if (status != expected) {
    co_return Fail(Kind::unavailable, "answered " + std::to_string(status) + ", not " + std::to_string(expected));
  }
  co_return Result<void>{};
}

asio::awaitable<Result<void>> check(asio::io_context& context, HealthSettings settings) {
  const Target target = parse_target(settings);
  beast::tcp_stream stream(context);
  stream.expires_after(settings.timeout);
  asio::ip::tcp::resolver resolver(context);
  const auto [resolve_error, endpoints] = co_await resolver.async_resolve(target.host, target.port, as_values);
  if (resolve_error) co_return Fail(Kind::unavailable, in_words("address", resolve_error));
  const auto [connect_error, endpoint] = co_await stream.async_connect(endpoints, as_values);
  if (connect_error) co_return Fail(Kind::unavailable, in_words("connect", connect_error));
  if (settings.kind == HealthKind::tcp) co_return Result<void>{};
  co_return co_await ask_http(stream, target, settings.expect_status);
}

}  // namespace

AsioProber::AsioProber(asio::io_context& context) : context_(context) {
  try {
    const auto resolver = std::make_shared<asio::ip::tcp::resolver>(context);
    resolver->async_resolve("127.0.0.1", "0", [resolver](const boost::system::error_code&, const auto&) {});
  } catch (const boost::system::system_error& refused) {
    throw std::system_error(refused.code(), "the thread that looks up names");
  }
}

void AsioProber::probe(const HealthSettings& settings, std::function<void(Result<void>)> done) {
  asio::co_spawn(context_, check(context_, settings),
                 [done = std::move(done)](std::exception_ptr thrown, Result<void> result) {
                   if (thrown) std::rethrow_exception(thrown);
                   done(std::move(result));
                 });
}

}  // namespace jaild::runtime
