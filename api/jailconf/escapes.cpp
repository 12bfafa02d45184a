#include "api/jailconf/escapes.h"

#include <algorithm>

namespace jaild::jailconf {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool octal(char c) {
  return c >= '0' && c <= '7';
}

// How many of the first `most` characters are digits by `is_digit`.
template <class IsDigit>
std::size_t digits(std::string_view text, std::size_t most, IsDigit is_digit) {
  std::size_t count = 0;
  while (count < most && count < text.size() && is_digit(text[count])) ++count;
  return count;
}

bool hexadecimal(char c) {
  return hex_value(c) >= 0;
}

// The character of an escape without its backslash; an unknown one is itself.
char named_escape(char letter) {
  switch (letter) {
    case 'a': return '\a';
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'v': return '\v';
    default: return letter;
  }
}

// `escape` is one whole escape. Only the low eight bits of a number count.
char escaped_character(std::string_view escape) {
  const std::string_view body = escape.substr(1);
  unsigned number = 0;
  if (octal(body.front())) {
    for (const char c : body) number = number * 8 + static_cast<unsigned>(c - '0');
    return static_cast<char>(number & 0xff);
  }
  if (body.front() == 'x') {
    for (const char c : body.substr(1)) number = number * 16 + static_cast<unsigned>(hex_value(c));
    return static_cast<char>(number);
  }
  return named_escape(body.front());
}

// What needs no quotes, although more would be allowed: letters, digits and . _ - : , so that nobody has to wonder.
bool plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == '-' || c == ':';
}

std::string octal_escape(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return {'\\', static_cast<char>('0' + byte / 64), static_cast<char>('0' + byte / 8 % 8),
          static_cast<char>('0' + byte % 8)};
}

}  // namespace

std::size_t escape_length(std::string_view raw) {
  const std::string_view body = raw.substr(1);
  if (body.empty()) return 1;
  if (octal(body.front())) return 1 + digits(body, 3, octal);
  if (body.front() == 'x') return 2 + digits(body.substr(1), 2, hexadecimal);
  return 2;
}

Unescaped unescape(std::string_view raw) {
  Unescaped out;
  while (!raw.empty()) {
    const std::size_t slash = std::min(raw.find('\\'), raw.size());
    out.text += raw.substr(0, slash);
    raw.remove_prefix(slash);
    if (raw.size() < 2) break;  // a backslash at the very end stands for nothing
    const std::size_t length = escape_length(raw);
    if (raw[1] != '\n') out.text += escaped_character(raw.substr(0, length));
    raw.remove_prefix(length);
  }
  if (const std::size_t nul = out.text.find('\0'); nul != std::string::npos) {
    out.text.resize(nul);
    out.cut_at_nul = true;
  }
  return out;
}

std::string quote_value(std::string_view text) {
  if (!text.empty() && std::ranges::all_of(text, plain)) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\' || c == '$') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) {
      out += octal_escape(c);
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace jaild::jailconf
