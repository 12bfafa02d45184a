#include "client/spec_changes.h"

#include <map>
#include <utility>

namespace jaild::client {

using nlohmann::json;

namespace {

using Fields = std::map<std::string, json>;

Fields fields_of(const json& spec) {
  Fields fields;
  if (!spec.is_object()) return fields;
  for (const auto& [key, value] : spec.items()) {
    if (!value.is_object()) {
      fields[key] = value;
      continue;
    }
    for (const auto& [inner, inner_value] : value.items()) {
      fields[key == "params" ? inner : key + "." + inner] = inner_value;
    }
  }
  return fields;
}

}  // namespace

std::vector<SpecChange> spec_changes(const json& before, const json& after) {
  std::map<std::string, std::pair<json, json>> both;
  for (const auto& [field, value] : fields_of(before)) both[field].first = value;
  for (const auto& [field, value] : fields_of(after)) both[field].second = value;
  std::vector<SpecChange> changes;
  for (auto& [field, values] : both) {
    if (values.first != values.second) changes.push_back({field, std::move(values.first), std::move(values.second)});
  }
  return changes;
}

}  // namespace jaild::client
