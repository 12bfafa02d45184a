#include "daemon/host/freebsd/beyond_parent.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "api/contract/param_table.h"

namespace jaild::host {
namespace {

using Params = std::map<std::string, ParamValue>;

template <class Value>
std::optional<Value> value_of(const Params& params, const std::string& name) {
  const auto found = params.find(name);
  if (found == params.end() || !std::holds_alternative<Value>(found->second)) return std::nullopt;
  return std::get<Value>(found->second);
}

// Of addresses the kernel compares the bare ones (sys/kern/kern_jail.c, prison_ip_parent_match).
bool has_all(const std::vector<std::string>& held, const ParamValue& wanted, bool v6) {
  const auto* list = std::get_if<std::vector<std::string>>(&wanted);
  return list == nullptr || std::ranges::all_of(*list, [&](const std::string& text) {
           const auto entry = parse_address(text, v6);
           return !entry || std::ranges::find(held, entry->address) != held.end();
         });
}

bool is_beyond(const std::string& name, const ParamValue& value, const Params& parent) {
  const auto* number = std::get_if<std::int64_t>(&value);
  if (name.starts_with("allow.")) {
    return std::holds_alternative<bool>(value) && std::get<bool>(value) && !value_of<bool>(parent, name).value_or(true);
  }
  if (name == "securelevel" || name == "enforce_statfs") {
    const auto least = value_of<std::int64_t>(parent, name);
    return number != nullptr && least && *number < *least;
  }
  if (name == "children.max") {
    const auto most = value_of<std::int64_t>(parent, name);
    return number != nullptr && most && *number >= *most;
  }
  if (name == "ip4.addr" || name == "ip6.addr") {
    if (value_of<std::string>(parent, name.substr(0, 3)) == "inherit") return false;
    const auto held = value_of<std::vector<std::string>>(parent, name).value_or(std::vector<std::string>());
    return !has_all(held, value, name == "ip6.addr");
  }
  if (name == "sysvmsg" || name == "sysvsem" || name == "sysvshm") {
    return value != ParamValue(std::string("disable")) && value_of<std::string>(parent, name) == "disable";
  }
  return false;
}

}  // namespace

std::string beyond_parent(const core::JailFacts& parent, const Params& wanted) {
  std::string list;
  for (const auto& [name, value] : wanted) {
    if (is_beyond(name, value, parent.params)) list += (list.empty() ? "" : ", ") + name;
  }
  if (list.empty()) return {};
  return "a child jail cannot have more than its parent, and " + list + " goes beyond what jail " + parent.name +
         " has: give it to that jail first, or take it from this one";
}

}  // namespace jaild::host
