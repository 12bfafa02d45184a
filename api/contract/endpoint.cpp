#include "api/contract/endpoint.h"

#include <algorithm>
#include <charconv>

#include "api/contract/ip_text.h"

namespace jaild {
namespace {

constexpr std::size_t endpoint_host_max = 255;  // a DNS name (RFC 1035)
constexpr std::size_t url_max = 2048;

bool host_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

bool visible(char c) {
  return c > ' ' && c < 0x7f;
}

// A scheme in any case (RFC 3986, 3.1). `word` is in small letters.
bool begins_with_word(std::string_view text, std::string_view word) {
  const auto same = [](char c, char small) { return c == small || (c >= 'A' && c <= 'Z' && c - 'A' + 'a' == small); };
  return text.size() >= word.size() && std::ranges::equal(text.substr(0, word.size()), word, same);
}

Result<int> parse_port(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port < 1 || port > 65535)
    return Fail(Kind::invalid, "expects a port from 1 to 65535 after the host");
  return port;
}

// Splits a host in brackets or without from what follows it.
Result<std::string> take_host(std::string_view& rest) {
  std::string host;
  if (rest.starts_with('[')) {
    const std::size_t close = rest.find(']');
    if (close == std::string_view::npos) return Fail(Kind::invalid, "the bracket before the address is never closed");
    host = rest.substr(1, close - 1);
    if (!parse_ip(host, true)) return Fail(Kind::invalid, "expects an IPv6 address between the brackets");
    rest.remove_prefix(close + 1);
    return host;
  }
  const auto end = std::ranges::find_if_not(rest, host_char);
  host.assign(rest.begin(), end);
  if (host.empty() || host.size() > endpoint_host_max) return Fail(Kind::invalid, "expects a host name or an address");
  rest.remove_prefix(host.size());
  return host;
}

}  // namespace

std::string host_field(const HostPort& where) {
  const bool v6 = where.host.find(':') != std::string::npos;
  const std::string host = v6 ? "[" + where.host + "]" : where.host;
  return where.port == 80 ? host : host + ":" + std::to_string(where.port);
}

Result<HostPort> parse_host_port(std::string_view text) {
  auto host = take_host(text);
  if (!host) return Fail(host.error());
  if (!text.starts_with(':')) return Fail(Kind::invalid, "expects HOST:PORT or [IPV6]:PORT");
  const auto port = parse_port(text.substr(1));
  if (!port) return Fail(port.error());
  return HostPort{*host, *port};
}

Result<HttpUrl> parse_http_url(std::string_view text) {
  constexpr std::string_view scheme = "http://";
  if (begins_with_word(text, "https://")) {
    return Fail(Kind::invalid, "https is not checked; expects http://HOST[:PORT]/PATH");
  }
  if (!begins_with_word(text, scheme)) return Fail(Kind::invalid, "expects a URL such as http://127.0.0.1:8080/health");
  if (text.size() > url_max) return Fail(Kind::invalid, "a URL has at most " + std::to_string(url_max) + " bytes");
  if (!std::ranges::all_of(text, visible)) return Fail(Kind::invalid, "a URL has only visible ASCII characters");
  std::string_view rest = text.substr(scheme.size());
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (authority.find('@') != std::string_view::npos) return Fail(Kind::invalid, "a user name in the URL is not used");
  auto host = take_host(rest);
  if (!host) return Fail(host.error());
  HttpUrl url{{*host, 80}, "/"};
  if (rest.starts_with(':')) {
    rest.remove_prefix(1);
    const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
    const auto port = parse_port(rest.substr(0, end));
    if (!port) return Fail(port.error());
    url.where.port = *port;
    rest.remove_prefix(end);
  }
  if (rest.find('#') != std::string_view::npos) return Fail(Kind::invalid, "a fragment (#) is never sent to a server");
  if (!rest.empty() && rest.front() != '/' && rest.front() != '?')
    return Fail(Kind::invalid, "expects /PATH, ?QUERY or nothing after the host");
  if (rest.starts_with('/')) url.target = rest;
  if (rest.starts_with('?')) url.target += rest;
  return url;
}

}  // namespace jaild
