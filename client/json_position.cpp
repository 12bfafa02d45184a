#include "client/json_position.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <nlohmann/json.hpp>

namespace jaild::client {

namespace {

// Walks over a JSON text without building values. Bounded by the text's length; nesting is bounded by parse_json(),
// which has read the text before.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  [[nodiscard]] std::size_t offset() const { return at_; }
  void skip_blanks() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }
  [[nodiscard]] char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char expected) {
    skip_blanks();
    if (here() != expected) return false;
    ++at_;
    return true;
  }

  // The string that begins here, with its escapes resolved.
  std::string take_string() {
    const std::size_t begin = at_;
    skip_string();
    const auto value = nlohmann::json::parse(text_.substr(begin, at_ - begin), nullptr, false);
    return value.is_string() ? value.get<std::string>() : std::string();
  }

  void skip_value() {
    int depth = 0;
    do {
      skip_blanks();
      const char c = here();
      if (c == '"') {
        skip_string();
      } else if (c == '{' || c == '[') {
        ++depth;
        ++at_;
      } else if (c == '}' || c == ']') {
        --depth;
        ++at_;
      } else if (c == ',' || c == ':') {
        ++at_;
      } else {
        at_ = std::min(text_.find_first_of(" \t\r\n,]}", at_), text_.size());
      }
    } while (depth > 0 && at_ < text_.size());
  }

 private:
  void skip_string() {
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\') ++at_;
    }
    at_ = std::min(at_ + 1, text_.size());
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

bool enter_member(Scanner& scanner, const std::string& key) {
  if (!scanner.take('{')) return false;
  do {
    scanner.skip_blanks();
    if (scanner.here() != '"') return false;
    const bool found = scanner.take_string() == key;
    if (!scanner.take(':')) return false;
    if (found) return true;
    scanner.skip_value();
  } while (scanner.take(','));
  return false;
}

bool enter_element(Scanner& scanner, std::size_t index) {
  if (!scanner.take('[')) return false;
  for (std::size_t element = 0; element < index; ++element) {
    scanner.skip_value();
    if (!scanner.take(',')) return false;
  }
  scanner.skip_blanks();
  return scanner.here() != ']';
}

std::optional<std::size_t> index_of(const std::string& token) {
  const bool digits = !token.empty() && token.size() < 10 && token.find_first_not_of("0123456789") == std::string::npos;
  return digits ? std::optional<std::size_t>(std::stoul(token)) : std::nullopt;
}

// The reference tokens of a JSON Pointer, "~1" and "~0" resolved.
std::vector<std::string> tokens_of(std::string_view pointer) {
  std::vector<std::string> tokens;
  for (std::size_t at = 0; at < pointer.size(); ++at) {
    if (pointer[at] == '/') {
      tokens.emplace_back();
    } else if (!tokens.empty() && pointer[at] == '~' && at + 1 < pointer.size()) {
      tokens.back() += pointer[++at] == '1' ? '/' : '~';
    } else if (!tokens.empty()) {
      tokens.back() += pointer[at];
    }
  }
  return tokens;
}

}  // namespace

TextPosition position_at(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const std::size_t line_start = before.rfind('\n') == before.npos ? 0 : before.rfind('\n') + 1;
  return {static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1, before.size() - line_start + 1};
}

TextPosition locate(std::string_view text, std::string_view pointer) {
  Scanner scanner(text);
  scanner.skip_blanks();
  std::size_t found = scanner.offset();
  for (const std::string& token : tokens_of(pointer)) {
    const std::optional<std::size_t> index = index_of(token);
    const bool entered = scanner.here() == '[' ? index && enter_element(scanner, *index) : enter_member(scanner, token);
    if (!entered) break;
    scanner.skip_blanks();
    found = scanner.offset();
  }
  return position_at(text, found);
}

std::string located_syntax_error(const std::string& file, std::string_view text, const Error& error) {
  std::string_view message = error.message;
  std::size_t byte = 0;
  constexpr std::string_view label = "byte ";
  if (message.compare(0, label.size(), label) == 0) {
    const char* digits = message.data() + label.size();
    const auto parsed = std::from_chars(digits, message.data() + message.size(), byte);
    message.remove_prefix(static_cast<std::size_t>(parsed.ptr - message.data()));
    if (message.compare(0, 2, ": ") == 0) message.remove_prefix(2);
  }
  // The library's own sentence repeats the place: "parse error at line 1, column 2: ".
  if (message.compare(0, 5, "parse") == 0) message.remove_prefix(std::min(message.find(": ") + 2, message.size()));
  const TextPosition at = position_at(text, byte == 0 ? 0 : byte - 1);
  return file + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": " + std::string(message);
}

std::vector<std::string> located_mistakes(const std::string& file, std::string_view text, const Error& error,
                                          const std::string& base) {
  std::vector<std::string> lines;
  const auto prefix = [&](TextPosition at) {
    return file + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": ";
  };
  for (const FieldError& field : error.fields) {
    const std::string pointer = base + field.pointer;
    lines.push_back(prefix(locate(text, pointer)) + (pointer.empty() ? "" : pointer + ": ") + field.detail);
  }
  if (lines.empty()) lines.push_back(prefix(locate(text, base)) + error.message);
  return lines;
}

}  // namespace jaild::client
