// Where in a JSON text something stands, for messages that an editor can jump to.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "api/contract/error.h"

namespace jaild::client {

// From 1, as editors count; columns in bytes.
struct TextPosition {
  std::size_t line = 1;
  std::size_t column = 1;
};

[[nodiscard]] TextPosition position_at(std::string_view text, std::size_t offset);

// Where the value at `pointer` (RFC 6901) begins, or the innermost value around it that is there: a missing field is
// reported at the object that lacks it. `text` must be valid JSON; what is not gives some position inside it.
[[nodiscard]] TextPosition locate(std::string_view text, std::string_view pointer);

// "FILE:3:14: what is wrong" of a Kind::bad_json error of parse_json(), whose message begins with the byte's number.
[[nodiscard]] std::string located_syntax_error(const std::string& file, std::string_view text, const Error& error);

// "FILE:3:14: /spec/params/path: no such directory", one for each mistake of `error`; `base` is where the erroneous
// document stands in the file ("/jails/0").
[[nodiscard]] std::vector<std::string> located_mistakes(const std::string& file, std::string_view text,
                                                        const Error& error, const std::string& base);

}  // namespace jaild::client
