#include "client/fields.h"

namespace jaild::client {

using nlohmann::json;

const json* field_at(const json& object, const char* pointer) {
  const json::json_pointer path(pointer);
  return object.contains(path) ? &object.at(path) : nullptr;
}

std::string text_at(const json& object, const char* pointer) {
  const json* field = field_at(object, pointer);
  return field != nullptr && field->is_string() ? field->get<std::string>() : std::string();
}

bool flag_at(const json& object, const char* pointer, bool otherwise) {
  const json* field = field_at(object, pointer);
  return field != nullptr && field->is_boolean() ? field->get<bool>() : otherwise;
}

std::optional<std::int64_t> number_at(const json& object, const char* pointer) {
  const json* field = field_at(object, pointer);
  if (field == nullptr || !field->is_number_integer()) return std::nullopt;
  return field->get<std::int64_t>();
}

double decimal_at(const json& object, const char* pointer, double otherwise) {
  const json* field = field_at(object, pointer);
  return field != nullptr && field->is_number() ? field->get<double>() : otherwise;
}

std::vector<std::string> texts_at(const json& object, const char* pointer) {
  std::vector<std::string> texts;
  for (const json& element : array_at(object, pointer)) {
    if (element.is_string()) texts.push_back(element.get<std::string>());
  }
  return texts;
}

const json& array_at(const json& object, const char* pointer) {
  static const json none = json::array();
  const json* field = field_at(object, pointer);
  return field != nullptr && field->is_array() ? *field : none;
}

std::string shown(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.dump(-1, ' ', false);
}

}  // namespace jaild::client
