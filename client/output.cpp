#include "client/output.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ostream>

#include "api/contract/json.h"
#include "api/contract/utf8.h"
#include "client/fields.h"

namespace jaild::client {

using nlohmann::json;

namespace {

// Controls, and the characters that reorder what follows them (Unicode's Bidi_Control).
bool drives_terminal(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x061c || code == 0x200e || code == 0x200f ||
         (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

void append_escaped(std::string& out, std::uint32_t code) {
  char escape[16];
  switch (code) {
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  std::snprintf(escape, sizeof escape, code < 0x80 ? "\\x%02x" : "\\u{%04x}", static_cast<unsigned>(code));
  out += escape;
}

std::string escaped(std::string_view text, bool keep_lines) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Utf8Character character = first_character(text);
    if (character.length == 0) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(text[0])));
      out += escape;
      text.remove_prefix(1);
      continue;
    }
    const bool kept = keep_lines && (character.code == '\n' || character.code == '\t');
    if (kept || !drives_terminal(character.code)) {
      out += text.substr(0, character.length);
    } else {
      append_escaped(out, character.code);
    }
    text.remove_prefix(character.length);
  }
  return out;
}

// Characters, not bytes: good enough for names, reasons and paths; wide East Asian letters may shift a column.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

// The first `columns` characters of `text`, the last of them a mark when there were more.
std::string cut(const std::string& text, std::size_t columns, Style style) {
  if (width(text) <= columns) return text;
  const std::string mark = style.utf8 ? "…" : "~";
  std::size_t end = 0;
  for (std::size_t taken = 0; end < text.size() && taken + 1 < columns; ++taken) {
    ++end;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) ++end;
  }
  return text.substr(0, end) + mark;
}

}  // namespace

std::string printable(std::string_view text) {
  return escaped(text, false);
}

std::string printable_lines(std::string_view text) {
  return escaped(text, true);
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string painted(std::string_view text, Colour colour, Style style) {
  const char* code = "";
  switch (colour) {
    case Colour::none: break;
    case Colour::green: code = "32"; break;
    case Colour::yellow: code = "33"; break;
    case Colour::red: code = "31"; break;
    case Colour::bold: code = "1"; break;
    case Colour::dim: code = "2"; break;
  }
  if (!style.colour || *code == '\0') return std::string(text);
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

Colour state_colour(std::string_view state) {
  if (state == "running") return Colour::green;
  if (state == "failed") return Colour::red;
  if (state == "backoff" || state == "blocked" || state == "starting" || state == "stopping") return Colour::yellow;
  return Colour::dim;
}

void Table::print(std::ostream& out, Style style) const {
  std::vector<std::size_t> widths;
  for (const std::string& title : header_) widths.push_back(width(title));
  std::vector<std::vector<Cell>> rows{{}};
  for (const std::string& title : header_) rows.front().push_back({title, Colour::bold});
  for (const std::vector<Cell>& row : rows_) {
    rows.emplace_back();
    for (std::size_t column = 0; column < header_.size(); ++column) {
      const std::string text = row[column].text.empty() ? "-" : printable(row[column].text);
      widths[column] = std::max(widths[column], width(text));
      rows.back().push_back({text, row[column].colour});
    }
  }
  constexpr std::size_t narrowest = 20;  // what has less is no terminal that people read
  const std::size_t room = style.columns >= narrowest ? style.columns : std::string::npos;
  for (const std::vector<Cell>& row : rows) {
    std::size_t left = room;
    for (std::size_t column = 0; column < row.size() && left > 0; ++column) {
      const std::string text = cut(row[column].text, left, style);
      out << painted(text, row[column].colour, style);
      if (column + 1 == row.size()) break;
      const std::size_t padded = widths[column] + 2;
      if (left > padded) out << std::string(padded - width(text), ' ');
      left -= std::min(left, padded);
    }
    out << '\n';
  }
}

void print_json(std::ostream& out, const json& value) {
  out << value.dump(2, ' ', true) << '\n';
}

std::string json_line(const json& value) {
  return value.dump(-1, ' ', true);
}

std::string duration_text(std::chrono::milliseconds duration) {
  const long long milliseconds = std::max<long long>(duration.count(), 0);
  const long long seconds = milliseconds / 1000;
  char text[48];
  if (seconds < 1 && milliseconds > 0) {
    std::snprintf(text, sizeof text, "%.1fs", std::max(static_cast<double>(milliseconds) / 1000, 0.1));
  } else if (seconds < 60) {
    std::snprintf(text, sizeof text, "%llds", seconds);
  } else if (seconds < 3600) {
    std::snprintf(text, sizeof text, "%lldm%02llds", seconds / 60, seconds % 60);
  } else if (seconds < 86400) {
    std::snprintf(text, sizeof text, "%lldh%02lldm", seconds / 3600, seconds / 60 % 60);
  } else {
    std::snprintf(text, sizeof text, "%lldd%02lldh", seconds / 86400, seconds / 3600 % 24);
  }
  return text;
}

std::string age_text(std::string_view rfc3339_time, WallTime now) {
  const std::optional<WallTime> time = parse_rfc3339(rfc3339_time);
  if (!time) return "";
  return duration_text(std::chrono::duration_cast<std::chrono::seconds>(now - *time));
}

std::string amount_text(std::string_view resource, double amount) {
  static constexpr std::string_view bytes[] = {"datasize",     "stacksize",  "coredumpsize", "memoryuse",
                                               "memorylocked", "vmemoryuse", "swapuse",      "msgqsize",
                                               "shmsize",      "readbps",    "writebps"};
  char text[48];
  if (std::find(std::begin(bytes), std::end(bytes), resource) == std::end(bytes) || amount < 1024) {
    std::snprintf(text, sizeof text, "%.0f", amount);
    return text;
  }
  std::size_t unit = 0;
  while (amount >= 1024 && unit < 6) {
    amount /= 1024;
    ++unit;
  }
  std::snprintf(text, sizeof text, amount < 10 ? "%.1f%c" : "%.0f%c", amount, " KMGTPE"[unit]);
  return text;
}

// A step under way: since when, as far as the clocks of both agree.
void print_running_step(std::ostream& out, const json& step, Style style) {
  out << "  " << painted(style.utf8 ? "…" : "... ", Colour::yellow, style) << ' ' << printable(text_at(step, "/step"));
  if (const std::string command = text_at(step, "/command"); !command.empty()) out << "  " << printable(command);
  const std::string age = age_text(text_at(step, "/started_at"), std::chrono::system_clock::now());
  if (!age.empty()) out << "  " << painted(age, Colour::dim, style);
  out << '\n';
}

void print_step(std::ostream& out, const json& step, Style style) {
  if (flag_at(step, "/running")) return print_running_step(out, step, style);
  const bool ok = flag_at(step, "/ok", true);
  const std::string mark = ok ? (style.utf8 ? "✓" : "ok  ") : (style.utf8 ? "✗" : "FAIL");
  out << "  " << painted(mark, ok ? Colour::green : Colour::red, style) << ' ' << printable(text_at(step, "/step"));
  if (const std::string command = text_at(step, "/command"); !command.empty()) out << "  " << printable(command);
  const double seconds = decimal_at(step, "/seconds");
  if (seconds >= 0.05 && seconds < 1e9) {
    const auto took = std::chrono::milliseconds(std::llround(seconds * 1000));
    out << "  " << painted(duration_text(took), Colour::dim, style);
  }
  if (const std::string error = text_at(step, "/error"); !error.empty()) out << ": " << printable(error);
  out << '\n';
}

void print_planned_step(std::ostream& out, const json& step) {
  out << "  " << printable(text_at(step, "/step"));
  if (const std::string command = text_at(step, "/command"); !command.empty()) out << "  " << printable(command);
  out << '\n';
}

void print_changes(std::ostream& out, const json& answer, Style style) {
  const json& changes = array_at(answer, "/items");
  for (const json& change : changes) {
    out << painted(printable(text_at(change, "/jail")), Colour::bold, style) << ": "
        << printable(text_at(change, "/action"));
    const std::string fields = joined(texts_at(change, "/fields"));
    if (!fields.empty()) out << "  " << printable(fields);
    out << '\n';
    for (const json& step : array_at(change, "/steps")) print_planned_step(out, step);
  }
  if (changes.empty()) out << "nothing would change\n";
}

}  // namespace jaild::client
