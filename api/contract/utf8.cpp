#include "api/contract/utf8.h"

#include <cstdio>

#include <nlohmann/json.hpp>

#include "api/contract/mistakes.h"

namespace jaild {

using nlohmann::json;

Utf8Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {1, lead};
  const std::size_t length = lead >= 0xf0 && lead < 0xf5 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
  if (lead >= 0xf5 || length == 0 || text.size() < length) return {};
  std::uint32_t code = lead & (0xffU >> (length + 1));
  for (std::size_t at = 1; at < length; ++at) {
    if ((byte(at) & 0xc0) != 0x80) return {};
    code = (code << 6) | (byte(at) & 0x3fU);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool surrogate = code >= 0xd800 && code < 0xe000;
  if (overlong || surrogate || code > 0x10ffff) return {};
  return {length, code};
}

std::optional<std::size_t> ill_formed_at(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = first_character(text.substr(at)).length;
    if (length == 0) return at;
    at += length;
  }
  return std::nullopt;
}

std::optional<std::string> utf8_problem(std::string_view text) {
  const auto at = ill_formed_at(text);
  if (!at) return std::nullopt;
  char byte[8];
  std::snprintf(byte, sizeof byte, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(text[*at])));
  return "is not UTF-8: byte " + std::to_string(*at + 1) + " is " + byte;
}

namespace {

void collect(const json& value, const std::string& pointer, std::vector<FieldError>& problems) {
  const auto check = [&](std::string_view text, const std::string& place) {
    if (auto problem = utf8_problem(text)) problems.push_back({place, std::move(*problem)});
  };
  if (value.is_string()) return check(value.get_ref<const std::string&>(), pointer);
  if (value.is_array()) {
    for (std::size_t at = 0; at < value.size(); ++at) collect(value[at], pointer_to(pointer, at), problems);
  }
  if (!value.is_object()) return;
  for (const auto& [key, member] : value.items()) {
    const std::string place = pointer_to(pointer, std::string_view(key));
    check(key, place);
    collect(member, place, problems);
  }
}

}  // namespace

std::vector<FieldError> utf8_problems(const json& value) {
  std::vector<FieldError> problems;
  collect(value, "", problems);
  return problems;
}

}  // namespace jaild
