#include "api/contract/jail_spec.h"

#include <algorithm>

namespace jaild {
namespace {

constexpr std::size_t jail_name_max =
    63;  // fits a DNS label, an rctl subject and the kernel's 255 with room for parents

bool digit(char c) {
  return c >= '0' && c <= '9';
}
bool letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::optional<std::string> component_problem(std::string_view part) {
  if (part.empty()) return "a jail name has a letter, digit or '_' before and after each dot";
  if (part.front() == '-') return "a jail name does not begin with '-', nor does a part of it after a dot";
  const auto bad = std::ranges::find_if(part, [](char c) { return !letter(c) && !digit(c) && c != '_' && c != '-'; });
  if (bad != part.end()) return "a jail name has only letters, digits, '_', '-' and dots between parent and child";
  if (std::ranges::all_of(part, digit)) return "a jail name of digits only would be taken for a jid";
  return std::nullopt;
}

template <class T>
const T* look(const std::map<std::string, ParamValue>& params, std::string_view name) {
  const auto at = params.find(std::string(name));
  return at == params.end() ? nullptr : std::get_if<T>(&at->second);
}

}  // namespace

bool JailSpec::flag(std::string_view name, bool otherwise) const {
  const bool* value = look<bool>(params, name);
  return value ? *value : otherwise;
}

std::int64_t JailSpec::number(std::string_view name, std::int64_t otherwise) const {
  const std::int64_t* value = look<std::int64_t>(params, name);
  return value ? *value : otherwise;
}

std::string JailSpec::text(std::string_view name, std::string otherwise) const {
  const std::string* value = look<std::string>(params, name);
  return value ? *value : otherwise;
}

std::vector<std::string> JailSpec::list(std::string_view name) const {
  const auto* value = look<std::vector<std::string>>(params, name);
  return value ? *value : std::vector<std::string>{};
}

bool JailSpec::has(std::string_view name) const {
  return params.contains(std::string(name));
}

std::optional<std::string> name_problem(std::string_view name) {
  if (name.empty()) return "a jail needs a name";
  if (name.size() > jail_name_max) return "a jail name has at most " + std::to_string(jail_name_max) + " characters";
  for (std::size_t from = 0; from <= name.size();) {
    const std::size_t dot = std::min(name.find('.', from), name.size());
    if (auto problem = component_problem(name.substr(from, dot - from))) return problem;
    from = dot + 1;
  }
  return std::nullopt;
}

std::string parent_name(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? std::string{} : std::string(name.substr(0, dot));
}

}  // namespace jaild
