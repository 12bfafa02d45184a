// Looks into JSON that the daemon sent without trusting its shape: absent or of another type gives nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace jaild::client {

// `pointer` is a JSON Pointer without array indices, "/status/state".
[[nodiscard]] const nlohmann::json* field_at(const nlohmann::json& object, const char* pointer);
[[nodiscard]] std::string text_at(const nlohmann::json& object, const char* pointer);  // strings only
[[nodiscard]] bool flag_at(const nlohmann::json& object, const char* pointer, bool otherwise = false);
[[nodiscard]] std::optional<std::int64_t> number_at(const nlohmann::json& object, const char* pointer);
[[nodiscard]] double decimal_at(const nlohmann::json& object, const char* pointer, double otherwise = 0);
[[nodiscard]] std::vector<std::string> texts_at(const nlohmann::json& object, const char* pointer);
// The elements of the array there; an empty array when there is none.
[[nodiscard]] const nlohmann::json& array_at(const nlohmann::json& object, const char* pointer);
// A string as it is, anything else as JSON text.
[[nodiscard]] std::string shown(const nlohmann::json& value);

}  // namespace jaild::client
