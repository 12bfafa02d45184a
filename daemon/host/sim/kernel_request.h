// The parameters of one jail_set(2), read: names known, types right, no-names resolved, the last of each name kept.
#pragma once

#include "daemon/host/sim/kernel.h"

namespace jaild::host::sim {

struct SimKernel::Request {
  std::optional<int> jid;
  std::optional<std::string> name;
  std::optional<std::string> path;
  std::optional<bool> persist;
  std::map<std::string, ParamValue> values;  // all others

  [[nodiscard]] const ParamValue* find(const std::string& key) const {
    const auto found = values.find(key);
    return found == values.end() ? nullptr : &found->second;
  }
};

constexpr int jid_max = 999'999;  // JAIL_MAX in sys/sys/jail.h

// The text of a jailsys or string value, "" where it is of another type.
[[nodiscard]] inline std::string text_of(const ParamValue& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text == nullptr ? std::string() : *text;
}
[[nodiscard]] inline std::int64_t number_of(const ParamValue& value) {
  const auto* number = std::get_if<std::int64_t>(&value);
  return number == nullptr ? 0 : *number;
}
[[nodiscard]] inline std::vector<std::string> list_of(const ParamValue& value) {
  const auto* list = std::get_if<std::vector<std::string>>(&value);
  return list == nullptr ? std::vector<std::string>() : *list;
}

}  // namespace jaild::host::sim
