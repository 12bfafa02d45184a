#include <algorithm>
#include <array>
#include <optional>

#include "api/contract/param_table.h"

namespace jaild {
namespace {

constexpr std::string_view spaces = " \t\f\v\r\n";

bool octal(char c) {
  return c >= '0' && c <= '7';
}

Error bad_line(std::string_view line, const std::string& why) {
  return Error{Kind::invalid, "fstab line \"" + std::string(line.substr(0, 128)) + "\": " + why, 0, {}};
}

// Undoes what fstab(5) needs for blanks in names: \040 and the like, and \\.
std::optional<std::string> unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
    } else if (i + 1 < text.size() && text[i + 1] == '\\') {
      out += text[++i];
    } else if (i + 3 < text.size() && std::ranges::all_of(text.substr(i + 1, 3), octal) && text[i + 1] <= '3') {
      const int code = (text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0');
      if (code == 0) return std::nullopt;
      out += static_cast<char>(code);
      i += 3;
    } else {
      return std::nullopt;
    }
  }
  return out;
}

std::string_view take_field(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(spaces), rest.size()));
  const std::string_view word = rest.substr(0, rest.find_first_of(spaces));
  rest.remove_prefix(word.size());
  return word;
}

}  // namespace

Result<FstabEntry> parse_fstab_line(std::string_view line) {
  if (line.find('\0') != std::string_view::npos) return Fail(bad_line(line, "holds a NUL byte"));
  std::string_view rest = line;
  std::array<std::string_view, 4> words;
  for (std::string_view& word : words) word = take_field(rest);
  if (words[2].empty()) return Fail(bad_line(line, "expects SOURCE TARGET TYPE [OPTIONS]"));
  auto source = unescape(words[0]);
  auto target = unescape(words[1]);
  if (!source || !target)
    return Fail(bad_line(line, "a \\ is followed by three octal digits, as in \\040 for a space"));
  if (!target->starts_with('/')) return Fail(bad_line(line, "the target is not an absolute path"));
  FstabEntry entry{std::move(*source), std::move(*target), std::string(words[2]), {}};
  for (std::string_view options = words[3]; !options.empty();) {
    const std::size_t comma = std::min(options.find(','), options.size());
    if (comma > 0) entry.options.emplace_back(options.substr(0, comma));
    options.remove_prefix(std::min(comma + 1, options.size()));
  }
  return entry;
}

}  // namespace jaild
