#include "daemon/runtime/asio_prober.h"

#include <chrono>
#include <optional>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include "api/contract/endpoint.h"

namespace jaild::runtime {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr auto as_values = asio::as_tuple(asio::use_awaitable);
// A health page is small; what is larger is not read to its end.
constexpr std::uint64_t answer_max = 64 * 1024;

// What validate() read when the spec was written; nullopt cannot be.
std::optional<HttpUrl> target_of(const HealthSettings& settings) {
  if (settings.kind == HealthKind::http) {
    auto url = parse_http_url(settings.target);
    return url ? std::optional(std::move(*url)) : std::nullopt;
  }
  auto where = parse_host_port(settings.target);
  return where ? std::optional(HttpUrl{std::move(*where), ""}) : std::nullopt;
}

std::string in_words(const char* what, const beast::error_code& error) {
  return std::string(what) + ": " + (error == beast::error::timeout ? "timed out" : error.message());
}

asio::awaitable<Result<void>> ask_http(beast::tcp_stream& stream, const HttpUrl& url, int expected) {
  http::request<http::empty_body> request(http::verb::get, url.target, 11);
  request.set(http::field::host, host_field(url.where));
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

asio::awaitable<Result<void>> check(asio::io_context& context, NameLookup& names, HealthSettings settings) {
  const auto url = target_of(settings);
  if (!url) co_return Fail(Kind::internal, "cannot be read: " + settings.target);
  const auto deadline = std::chrono::steady_clock::now() + settings.timeout;  // of all of it
  const auto addresses = co_await names.find(url->where.host, deadline);
  if (!addresses) co_return Fail(addresses.error().in("address"));
  std::vector<asio::ip::tcp::endpoint> endpoints;
  for (const auto& each : *addresses) endpoints.emplace_back(each, static_cast<std::uint16_t>(url->where.port));
  beast::tcp_stream stream(context);
  stream.expires_at(deadline);
  const auto [connect_error, endpoint] = co_await stream.async_connect(endpoints, as_values);
  if (connect_error) co_return Fail(Kind::unavailable, in_words("connect", connect_error));
  if (settings.kind == HealthKind::tcp) co_return Result<void>{};
  co_return co_await ask_http(stream, *url, settings.expect_status);
}

}  // namespace

void AsioProber::probe(const HealthSettings& settings, std::function<void(Result<void>)> done) {
  asio::co_spawn(context_, check(context_, names_, settings),
                 [done = std::move(done)](std::exception_ptr thrown, Result<void> result) {
                   if (thrown) std::rethrow_exception(thrown);
                   done(std::move(result));
                 });
}

}  // namespace jaild::runtime
