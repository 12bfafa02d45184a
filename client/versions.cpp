#include "client/versions.h"

#include <algorithm>

#include "client/fields.h"

namespace jaild::client {

using nlohmann::json;

namespace {

std::int64_t generation_of(const json& version) {
  return number_at(version, "/generation").value_or(0);
}

}  // namespace

std::vector<json> versions_of(const json& answer) {
  std::vector<json> versions = array_at(answer, "/items");
  std::sort(versions.begin(), versions.end(),
            [](const json& a, const json& b) { return generation_of(a) < generation_of(b); });
  return versions;
}

Result<json> spec_of(const std::vector<json>& versions, const std::string& name, std::int64_t generation) {
  for (const json& version : versions) {
    const json* spec = field_at(version, "/spec");
    if (generation_of(version) == generation && spec != nullptr) return *spec;
  }
  const std::string kept = versions.empty() ? "none is kept"
                                            : "kept are " + std::to_string(generation_of(versions.front())) + " to " +
                                                  std::to_string(generation_of(versions.back()));
  return Fail(Kind::not_found, name + " has no generation " + std::to_string(generation) + "; " + kept);
}

}  // namespace jaild::client
