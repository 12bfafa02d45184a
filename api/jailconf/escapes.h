// Backslash escapes, which mean the same in both kinds of quotes and without quotes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace jaild::jailconf {

struct Unescaped {
  std::string text;
  bool cut_at_nul = false;  // \0 and \x without digits: jail(8)'s strings end there, and so does `text`
};

// \a \b \f \n \r \t \v, up to three octal digits, \x with up to two hexadecimal ones; backslash and line feed vanish;
// any other character stands for itself.
[[nodiscard]] Unescaped unescape(std::string_view raw);

// The length of the escape at the beginning of `raw`, which begins with a backslash.
[[nodiscard]] std::size_t escape_length(std::string_view raw);

// `text` as a value that jail(8) reads back as it is: bare where that is safe, in double quotes with escapes otherwise.
[[nodiscard]] std::string quote_value(std::string_view text);

}  // namespace jaild::jailconf
