#include "api/server/conditions.h"

#include <algorithm>
#include <charconv>

#include "api/contract/mistakes.h"

namespace jaild::server {

namespace {

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

constexpr std::size_t shown = 64;  // bytes of a field that are told again

std::string lower(std::string_view text) {
  std::string small(text);
  std::transform(small.begin(), small.end(), small.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return small;
}

// "application/JSON; charset=utf-8" -> "application/json".
std::string media_type(std::string_view field) {
  return lower(trim(field.substr(0, field.find(';'))));
}

// Where the first ';' outside of double quotes is, or the end.
std::size_t end_of_parameter(std::string_view text) {
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (quoted && text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      quoted = !quoted;
    } else if (text[at] == ';' && !quoted) {
      return at;
    }
  }
  return text.size();
}

// Whether no charset parameter of a Content-Type is another than UTF-8, in which alone JSON is sent (RFC 8259, 8.1).
bool is_utf8_type(std::string_view field) {
  for (std::size_t end = end_of_parameter(field); end < field.size(); end = end_of_parameter(field)) {
    field.remove_prefix(end + 1);
    const std::string_view parameter = field.substr(0, end_of_parameter(field));
    const std::size_t equals = parameter.find('=');
    if (equals == std::string_view::npos || lower(trim(parameter.substr(0, equals))) != "charset") continue;
    const std::string value = lower(trim(parameter.substr(equals + 1)));
    if (value != "utf-8" && value != "\"utf-8\"") return false;
  }
  return true;
}

Result<void> read_if_match(std::string_view field, Conditions& conditions) {
  std::string_view tag = trim(field);
  if (tag == "*") {
    conditions.present = true;
    return {};
  }
  // If-Match compares strongly, so a weak tag matches nothing (RFC 9110, 13.1.1).
  const bool weak = tag.starts_with("W/");
  if (weak) tag.remove_prefix(2);
  if (tag.size() < 2 || tag.front() != '"' || tag.back() != '"' ||
      tag.substr(1, tag.size() - 2).find('"') != tag.npos) {
    return Fail(Kind::bad_request, "If-Match takes one generation in double quotes, or *");
  }
  const std::string_view digits = tag.substr(1, tag.size() - 2);
  std::uint64_t generation = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), generation);
  if (weak || error != std::errc{} || stop != digits.data() + digits.size() || etag(generation) != tag) {
    return Fail(Kind::precondition_failed, "If-Match names no generation: " + in_short(trim(field), shown));
  }
  conditions.generation = generation;
  return {};
}

}  // namespace

std::string etag(std::uint64_t generation) {
  return "\"" + std::to_string(generation) + "\"";
}

Result<Conditions> read_conditions(const Request& request, bool may_create) {
  Conditions conditions;
  if (request.if_none_match) {
    if (!may_create || trim(*request.if_none_match) != "*") {
      return Fail(Kind::bad_request, "If-None-Match is taken by PUT only, and there only as *");
    }
    conditions.absent = true;
  }
  if (request.if_match) {
    if (auto read = read_if_match(*request.if_match, conditions); !read) return Fail(read.error());
  }
  return conditions;
}

Result<void> check_body_type(const Request& request, BodyType type) {
  if (request.content_encoding && media_type(*request.content_encoding) != "identity") {
    return Fail(Kind::unsupported_media_type,
                "Content-Encoding " + in_short(*request.content_encoding, shown) + " is not read here");
  }
  if (request.content_type && !is_utf8_type(*request.content_type)) {
    return Fail(Kind::unsupported_media_type, "the body must be UTF-8, as JSON is: Content-Type names another charset");
  }
  const std::string given = request.content_type ? media_type(*request.content_type) : "";
  if (given == "application/json") return {};
  if (type == BodyType::json) {
    return Fail(Kind::unsupported_media_type, "the body needs Content-Type: application/json");
  }
  if (given == "application/merge-patch+json") return {};
  return Fail(Kind::unsupported_media_type,
              "the body needs Content-Type: application/merge-patch+json or application/json");
}

namespace {

bool accepts(const Request& request, std::string_view wanted) {
  std::string_view rest = request.accept ? std::string_view(*request.accept) : std::string_view{};
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    if (media_type(rest.substr(0, comma)) == wanted) return true;
    rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
  }
  return false;
}

}  // namespace

bool prefers_json(const Request& request) {
  return accepts(request, "application/json") && !accepts(request, "text/event-stream");
}

bool prefers_json_lines(const Request& request) {
  return accepts(request, "application/x-ndjson") && !accepts(request, "text/plain");
}

}  // namespace jaild::server
