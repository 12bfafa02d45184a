#include "api/contract/mistakes.h"

#include <algorithm>

namespace jaild {
namespace {

constexpr std::size_t mistakes_max = 1000;
constexpr std::size_t quote_max = 64;     // bytes
constexpr std::size_t pointer_max = 512;  // bytes; the longest of ours, to a label, takes some 100
constexpr std::size_t detail_max = 512;   // bytes

// Never cuts a UTF-8 sequence: its later bytes are 10xxxxxx.
bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

}  // namespace

std::string pointer_to(std::string_view base, std::string_view key) {
  std::string out(base);
  out += '/';
  for (const char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

std::string pointer_to(std::string_view base, std::size_t index) {
  return std::string(base) + "/" + std::to_string(index);
}

std::string in_quotes(std::string_view text) {
  std::size_t length = std::min(text.size(), quote_max);
  while (length > 0 && length < text.size() && continues_character(text[length])) --length;
  std::string out = "\"";
  for (const char c : text.substr(0, length)) out += static_cast<unsigned char>(c) < ' ' || c == 0x7f ? '?' : c;
  if (length < text.size()) out += "...";
  return out + '"';
}

std::string in_short(std::string_view text, std::size_t most) {
  constexpr std::string_view gap = " ... ";
  if (text.size() <= most) return std::string(text);
  std::size_t head = (most - gap.size()) / 2;
  std::size_t tail = text.size() - (most - gap.size() - head);
  while (head > 0 && continues_character(text[head])) --head;
  while (tail < text.size() && continues_character(text[tail])) ++tail;
  return std::string(text.substr(0, head)).append(gap).append(text.substr(tail));
}

void Mistakes::add(std::string pointer, std::string detail) {
  if (list_.size() >= mistakes_max) return;
  pointer = std::string(written(pointer));
  if (pointer.size() > pointer_max) {
    const std::size_t whole = pointer.rfind('/', pointer_max);  // a slash in a name is written ~1
    detail = in_quotes(std::string_view(pointer).substr(whole + 1)) + ": " + detail;
    pointer.resize(whole);
  }
  detail = in_short(detail, detail_max);
  if (!places_.insert(pointer).second) return;
  list_.push_back({std::move(pointer), std::move(detail)});
}

void Mistakes::relocate(std::string rule_place, std::string written_place) {
  relocated_.insert_or_assign(std::move(rule_place), std::move(written_place));
}

const std::string& Mistakes::written(const std::string& rule_place) const {
  const auto at = relocated_.find(rule_place);
  return at == relocated_.end() ? rule_place : at->second;
}

bool Mistakes::touch(const std::string& pointer) const {
  if (at(pointer)) return true;
  const std::string below = written(pointer) + "/";
  const auto child = places_.lower_bound(below);
  return child != places_.end() && child->starts_with(below);
}

Error Mistakes::error() const {
  Error error{Kind::invalid, "the request has a mistake", 0, list_};
  if (list_.empty()) return error;
  const FieldError& first = list_.front();
  error.message = first.pointer.empty() ? first.detail : first.pointer + ": " + first.detail;
  if (list_.size() == 2) error.message += " (and one more mistake)";
  if (list_.size() > 2) error.message += " (and " + std::to_string(list_.size() - 1) + " more mistakes)";
  return error;
}

}  // namespace jaild
