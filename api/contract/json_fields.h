// Reads the members of one JSON object into values and reports what is wrong with each; what is not read is unknown.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "api/contract/mistakes.h"

namespace jaild {

// A word for the type of `value`, for messages: "a string", "null".
[[nodiscard]] std::string_view json_type(const nlohmann::json& value);

// An integer as JSON Schema has it: 1.0 and 1e3 are some, 1.5 is none. nullopt also for one that 64 bits do not hold.
[[nodiscard]] std::optional<std::int64_t> json_integer(const nlohmann::json& value);

// Why json_integer() had none: "expects WHAT, not a string", "is too large".
[[nodiscard]] std::string no_integer(const nlohmann::json& value, std::string_view what);

constexpr std::string_view unknown_field = "unknown field";  // said of a member that nobody takes

// Keeps references to the object and to the mistakes: both outlive it. A member that is absent leaves `out` alone, so
// does one of the wrong type. Ranges are the business of spec_rules.h.
class Fields {
 public:
  // Reports when `object` is none; all members then count as absent.
  Fields(const nlohmann::json& object, std::string pointer, Mistakes& mistakes);

  [[nodiscard]] std::string at(std::string_view key) const { return pointer_to(pointer_, key); }
  // The member, now known; nullptr when absent.
  const nlohmann::json* take(std::string_view key);

  void read(std::string_view key, bool& out);
  void read(std::string_view key, int& out);  // saturates, so that the range check that follows refuses it
  void read(std::string_view key, std::chrono::seconds& out);
  void read(std::string_view key, std::string& out);
  void read(std::string_view key, std::map<std::string, std::string>& out);

  template <class T>
  void choose(std::string_view key, T& out, std::initializer_list<std::pair<std::string_view, T>> choices) {
    std::string text;
    if (const nlohmann::json* value = take(key); value == nullptr || !text_of(*value, key, text)) return;
    std::string words;
    for (const auto& [word, meaning] : choices) {
      if (word == text) {
        out = meaning;
        return;
      }
      words += (words.empty() ? "\"" : ", \"") + std::string(word) + '"';
    }
    mistakes_.add(at(key), "expects one of " + words + ", not " + in_quotes(text));
  }

  // Reports every member that nobody took. Last.
  void refuse_rest();

 private:
  bool text_of(const nlohmann::json& value, std::string_view key, std::string& out);
  void expected(std::string_view key, std::string_view what, const nlohmann::json& value);

  const nlohmann::json& object_;
  std::string pointer_;
  Mistakes& mistakes_;
  std::set<std::string, std::less<>> taken_;
};

}  // namespace jaild
