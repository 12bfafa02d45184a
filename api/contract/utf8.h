// Text from outside that shall become JSON, which is UTF-8: other bytes would be lost there, and what is meant with
// them. So they are refused where they come in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "api/contract/error.h"

namespace jaild {

// The character at the front of `text`, which is not empty: its length and code point; length 0 when the bytes are not
// UTF-8 (RFC 3629: no surrogates, nothing overlong).
struct Utf8Character {
  std::size_t length = 0;
  std::uint32_t code = 0;
};
[[nodiscard]] Utf8Character first_character(std::string_view text);

// The offset of the first byte that belongs to no character; nullopt: there is none.
[[nodiscard]] std::optional<std::size_t> ill_formed_at(std::string_view text);

// "is not UTF-8: byte 11 is \xe9"; nullopt: it is.
[[nodiscard]] std::optional<std::string> utf8_problem(std::string_view text);

// Of every string and key in `value`, with its JSON Pointer.
[[nodiscard]] std::vector<FieldError> utf8_problems(const nlohmann::json& value);

}  // namespace jaild
