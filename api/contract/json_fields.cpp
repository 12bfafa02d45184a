#include "api/contract/json_fields.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace jaild {

using nlohmann::json;

namespace {

// A double has no bound worth the name, but 1e999 is infinite and was refused when it was read.
bool is_whole(const json& value) {
  return value.is_number_integer() ||
         (value.is_number_float() && std::trunc(value.get<double>()) == value.get<double>());
}

}  // namespace

std::string_view json_type(const json& value) {
  switch (value.type()) {
    case json::value_t::null: return "null";
    case json::value_t::object: return "an object";
    case json::value_t::array: return "a list";
    case json::value_t::string: return "a string";
    case json::value_t::boolean: return "a boolean";
    case json::value_t::number_integer:
    case json::value_t::number_unsigned: return "an integer";
    case json::value_t::number_float: return is_whole(value) ? "an integer" : "a number that is no integer";
    case json::value_t::binary:
    case json::value_t::discarded: return "no JSON value";
  }
  std::unreachable();
}

std::optional<std::int64_t> json_integer(const json& value) {
  if (!is_whole(value)) return std::nullopt;
  if (value.is_number_unsigned()) {
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    const auto number = value.get<std::uint64_t>();
    return number <= most ? std::optional(static_cast<std::int64_t>(number)) : std::nullopt;
  }
  if (value.is_number_integer()) return value.get<std::int64_t>();
  constexpr double beyond = 9223372036854775808.0;  // 2^63, which a double holds and 64 bits with a sign do not
  const auto number = value.get<double>();
  if (number < -beyond || number >= beyond) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

std::string no_integer(const json& value, std::string_view what) {
  if (is_whole(value)) return value.get<double>() < 0 ? "is too small" : "is too large";
  return "expects " + std::string(what) + ", not " + std::string(json_type(value)) +
         (value.is_null() ? "; leave it out instead" : "");
}

Fields::Fields(const json& object, std::string pointer, Mistakes& mistakes)
    : object_(object), pointer_(std::move(pointer)), mistakes_(mistakes) {
  if (!object.is_object()) mistakes_.add(pointer_, "expects an object, not " + std::string(json_type(object)));
}

const json* Fields::take(std::string_view key) {
  if (!object_.is_object()) return nullptr;
  const auto member = object_.find(key);
  if (member == object_.end()) return nullptr;
  taken_.emplace(key);
  return &*member;
}

void Fields::expected(std::string_view key, std::string_view what, const json& value) {
  const std::string hint = value.is_null() ? "; leave it out instead" : "";
  mistakes_.add(at(key), "expects " + std::string(what) + ", not " + std::string(json_type(value)) + hint);
}

bool Fields::text_of(const json& value, std::string_view key, std::string& out) {
  if (!value.is_string()) {
    expected(key, "a string", value);
    return false;
  }
  out = value.get_ref<const std::string&>();
  return true;
}

void Fields::read(std::string_view key, bool& out) {
  const json* value = take(key);
  if (value == nullptr) return;
  if (value->is_boolean()) {
    out = value->get<bool>();
  } else {
    expected(key, "true or false", *value);
  }
}

void Fields::read(std::string_view key, int& out) {
  const json* value = take(key);
  if (value == nullptr) return;
  if (const auto number = json_integer(*value)) {
    constexpr std::int64_t least = std::numeric_limits<int>::min();
    constexpr std::int64_t most = std::numeric_limits<int>::max();
    out = static_cast<int>(std::clamp(*number, least, most));
  } else {
    mistakes_.add(at(key), no_integer(*value, "an integer"));
  }
}

void Fields::read(std::string_view key, std::chrono::seconds& out) {
  const json* value = take(key);
  if (value == nullptr) return;
  if (const auto number = json_integer(*value)) {
    out = std::chrono::seconds(*number);
  } else {
    mistakes_.add(at(key), no_integer(*value, "whole seconds"));
  }
}

void Fields::read(std::string_view key, std::string& out) {
  if (const json* value = take(key)) text_of(*value, key, out);
}

void Fields::read(std::string_view key, std::map<std::string, std::string>& out) {
  const json* value = take(key);
  if (value == nullptr) return;
  Fields members(*value, at(key), mistakes_);
  if (!value->is_object()) return;
  for (const auto& [name, member] : value->items()) members.read(name, out[name]);
}

void Fields::refuse_rest() {
  if (!object_.is_object()) return;
  for (const auto& [name, member] : object_.items()) {
    if (!taken_.contains(name)) mistakes_.add(at(name), std::string(unknown_field));
  }
}

}  // namespace jaild
