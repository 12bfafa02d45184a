#include "api/server/target.h"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <charconv>

#include "api/contract/mistakes.h"

namespace jaild::server {

namespace {

constexpr std::size_t parameters_most = 32;  // the call with the most takes four

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// nullopt: a broken escape, or a control character, escaped or not.
std::optional<std::string> decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    if (c == '%') {
      if (at + 2 >= text.size()) return std::nullopt;
      const int high = hex_digit(text[at + 1]);
      const int low = hex_digit(text[at + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      at += 2;
    }
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) return std::nullopt;
    decoded.push_back(c);
  }
  return decoded;
}

// RFC 3629: no overlong form, no surrogate, nothing beyond U+10FFFF.
bool is_utf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto first = static_cast<unsigned char>(text[at++]);
    if (first < 0x80) continue;
    if (first < 0xc2 || first > 0xf4) return false;
    const std::size_t more = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    if (text.size() - at < more) return false;
    const auto second = static_cast<unsigned char>(text[at]);
    const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
    const bool beyond = (first == 0xed && second > 0x9f) || (first == 0xf4 && second > 0x8f);
    if (overlong || beyond) return false;
    for (std::size_t i = 0; i < more; ++i) {
      if ((static_cast<unsigned char>(text[at++]) & 0xc0) != 0x80) return false;
    }
  }
  return true;
}

// Cuts the first piece off `rest`, up to `separator`.
std::string_view next_piece(std::string_view& rest, char separator) {
  const std::size_t end = rest.find(separator);
  const std::string_view piece = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  return piece;
}

constexpr std::string_view scheme = "http://";  // in small letters or capitals (RFC 9110, 4.2.3)

bool is_absolute(std::string_view target) {
  const std::string_view start = target.substr(0, scheme.size());
  return boost::beast::iequals({start.data(), start.size()}, {scheme.data(), scheme.size()});
}

// "http://host/path" -> "/path" (RFC 9112, 3.2.2); other forms come back as they are.
std::string_view origin_form(std::string_view text) {
  const auto authority = authority_of(text);
  if (!authority) return text;
  text.remove_prefix(scheme.size() + authority->size());
  return text.empty() ? "/" : text;
}

Result<std::vector<std::string>> parse_path(std::string_view path) {
  std::vector<std::string> segments;
  path.remove_prefix(1);
  if (path.empty()) return segments;
  const bool trailing_slash = path.back() == '/';
  while (!path.empty()) {
    auto segment = decode(next_piece(path, '/'));
    if (!segment) return Fail(Kind::bad_request, "the path has a broken percent escape or a control character");
    if (segment->empty() || *segment == "." || *segment == "..") {
      return Fail(Kind::bad_request, "the path has an empty or dotted segment");
    }
    // A proxy in front may take an encoded slash for a real one, and no jail has a name with either.
    if (segment->find('/') != std::string::npos || !is_utf8(*segment)) {
      return Fail(Kind::bad_request, "the path has an encoded slash or is not UTF-8");
    }
    segments.push_back(std::move(*segment));
  }
  if (trailing_slash) return Fail(Kind::bad_request, "the path ends in a slash");
  return segments;
}

Result<std::vector<Parameter>> parse_query(std::string_view query) {
  std::vector<Parameter> parameters;
  while (!query.empty()) {
    std::string_view value = next_piece(query, '&');
    if (value.empty()) continue;
    auto name = decode(next_piece(value, '='));
    auto decoded = decode(value);
    if (!name || !decoded)
      return Fail(Kind::bad_request, "the query has a broken percent escape or a control character");
    if (parameters.size() == parameters_most) return Fail(Kind::bad_request, "the query has more than 32 parameters");
    parameters.push_back({std::move(*name), std::move(*decoded)});
  }
  return parameters;
}

}  // namespace

std::optional<std::string_view> authority_of(std::string_view target) {
  if (!is_absolute(target)) return std::nullopt;
  target.remove_prefix(scheme.size());
  return target.substr(0, target.find_first_of("/?#"));
}

Result<Target> parse_target(std::string_view text) {
  if (authority_of(text) == "") return Fail(Kind::bad_request, "the request target names no host");
  std::string_view rest = origin_form(text);
  if (rest.starts_with('?')) return Fail(Kind::bad_request, "the request target has no path");
  if (!rest.starts_with('/')) return Fail(Kind::bad_request, "the request target must begin with a slash");
  if (rest.find('#') != std::string_view::npos) return Fail(Kind::bad_request, "the request target has a fragment");
  const std::string_view path = next_piece(rest, '?');
  auto segments = parse_path(path);
  if (!segments) return Fail(segments.error());
  auto query = parse_query(rest);
  if (!query) return Fail(query.error());
  return Target{std::move(*segments), std::move(*query)};
}

QueryReader::QueryReader(const std::vector<Parameter>& query) : query_(query) {}

std::optional<std::string> QueryReader::text(std::string_view name) {
  known_.emplace_back(name);
  const Parameter* found = nullptr;
  for (const Parameter& parameter : query_) {
    if (parameter.name != name) continue;
    if (found != nullptr) {
      mistake(name, "given more than once");
      break;
    }
    found = &parameter;
  }
  if (found == nullptr) return std::nullopt;
  return found->value;
}

bool QueryReader::flag(std::string_view name) {
  const auto value = text(name);
  if (!value || *value == "0" || *value == "false") return false;
  if (*value != "1" && *value != "true") mistake(name, "must be 1, true, 0 or false");
  return true;
}

std::optional<std::uint64_t> QueryReader::number(std::string_view name, std::uint64_t least, std::uint64_t most) {
  const auto value = text(name);
  if (!value) return std::nullopt;
  std::uint64_t number = 0;
  const char* end = value->data() + value->size();
  const auto [stop, error] = std::from_chars(value->data(), end, number);
  if (value->empty() || error != std::errc{} || stop != end || number < least || number > most) {
    mistake(name, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return std::nullopt;
  }
  return number;
}

void QueryReader::mistake(std::string_view name, const std::string& detail) {
  constexpr std::size_t shown = 64;  // bytes
  mistakes_.push_back({"", "query parameter " + in_short(name, shown) + ": " + detail});
}

Result<void> QueryReader::finish() {
  for (const Parameter& parameter : query_) {
    if (std::find(known_.begin(), known_.end(), parameter.name) != known_.end()) continue;
    known_.push_back(parameter.name);
    mistake(parameter.name, "this call has no such parameter");
  }
  if (mistakes_.empty()) return {};
  Error error{Kind::invalid, mistakes_.front().detail, 0, mistakes_};
  if (mistakes_.size() > 1) error.message = std::to_string(mistakes_.size()) + " query parameters are wrong";
  return Fail(std::move(error));
}

}  // namespace jaild::server
