#include "api/server/message.h"

#include <boost/beast/http/status.hpp>
#include <chrono>
#include <ctime>
#include <nlohmann/json.hpp>

#include "api/contract/json.h"

namespace jaild::server {

namespace {

// Seconds after which a client may try again; "" where trying again changes nothing by itself.
std::string_view retry_after(Kind kind) {
  if (kind == Kind::storage_full) return "60";  // somebody has to make room first
  const int status = traits(kind).http_status;
  return status == 503 ? "1" : "";
}

std::string_view reason(int status) {
  const auto text = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
  return {text.data(), text.size()};
}

void add(std::string& text, std::string_view name, std::string_view value) {
  text.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

Response problem_response(const Error& error) {
  Response response;
  response.status = traits(error.kind).http_status;
  response.content_type = "application/problem+json";
  response.body = to_text(problem(error)) + "\n";
  const std::string_view later = retry_after(error.kind);
  if (!later.empty()) response.fields.emplace_back("Retry-After", later);
  return response;
}

std::string http_date(std::int64_t unix_seconds) {
  const auto when = static_cast<std::time_t>(unix_seconds);
  std::tm utc{};
  gmtime_r(&when, &utc);
  char text[40];  // the longest is 29 characters
  const std::size_t length = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc);
  return {text, length};
}

std::string header_text(const Response& response, int http_minor, bool keep) {
  std::string text = "HTTP/1.1 " + std::to_string(response.status) + " ";
  text.append(reason(response.status)).append("\r\n");
  add(text, "Server", "jaild");
  add(text, "Date", http_date(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
  add(text, "Cache-Control", "no-store");
  add(text, "X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : response.fields) add(text, name, value);
  if (!payload(response).empty() || response.goes_on()) add(text, "Content-Type", response.content_type);
  // Events end with their connection, and so does all of unknown length in HTTP/1.0; a 204 has no length (RFC 9110,
  // 8.6).
  if (response.log && http_minor > 0) add(text, "Transfer-Encoding", "chunked");
  if (!response.goes_on() && response.status != 204)
    add(text, "Content-Length", std::to_string(payload(response).size()));
  if (!keep) {
    add(text, "Connection", "close");
  } else if (http_minor == 0) {
    add(text, "Connection", "keep-alive");
  }
  text.append("\r\n");
  return text;
}

}  // namespace jaild::server
