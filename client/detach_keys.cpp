#include "client/detach_keys.h"

namespace jaild::client {

namespace {

// '\0' as an answer of its own is ctrl-@.
Result<char> parse_key(std::string_view word) {
  constexpr std::string_view prefix = "ctrl-";
  if (word.size() == 1) return word[0];
  if (word.size() == prefix.size() + 1 && word.starts_with(prefix)) {
    const char c = word.back();
    if (c >= 'a' && c <= 'z') return static_cast<char>(c - 'a' + 1);
    if (std::string_view("@[\\]^_").find(c) != std::string_view::npos) return static_cast<char>(c - '@');
  }
  return Fail(Kind::invalid, "'" + std::string(word) + "' is no key; ctrl-p or a single character is one");
}

}  // namespace

Result<DetachKeys> DetachKeys::parse(std::string_view text) {
  DetachKeys keys;
  while (!text.empty()) {
    const std::size_t comma = text.find(',', 1);  // a key may be a comma
    const auto key = parse_key(text.substr(0, comma));
    if (!key) return Fail(key.error());
    keys.keys_ += *key;
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
    if (comma != std::string_view::npos && text.empty()) return Fail(Kind::invalid, "a key is missing at the end");
  }
  return keys;
}

std::string DetachKeys::filter(std::string_view typed) {
  std::string passed;
  for (const char c : typed) {
    if (complete()) break;
    if (keys_.empty()) {
      passed += c;
      continue;
    }
    // As far as what was held back and this key still are a beginning of the sequence.
    std::string held = keys_.substr(0, matched_) + c;
    while (!keys_.starts_with(held)) {
      passed += held.front();
      held.erase(0, 1);
    }
    matched_ = held.size();
  }
  return passed;
}

}  // namespace jaild::client
