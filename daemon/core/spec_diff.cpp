#include "daemon/core/spec_diff.h"

#include <array>
#include <optional>
#include <set>

#include "api/contract/param_table.h"

namespace jaild::core {
namespace {

// Looked up only when a stop or the order of jails needs them, so a change holds from then on.
constexpr std::array<std::string_view, 8> looked_up_late = {
    "exec.prestop", "exec.stop", "exec.poststop", "exec.release", "exec.timeout", "stop.timeout", "depend", "persist"};

bool is_looked_up_late(std::string_view name) {
  for (const auto late : looked_up_late) {
    if (late == name) return true;
  }
  return false;
}

// A table default as a value; nullopt when a jail without the parameter cannot be told from outside.
std::optional<ParamValue> default_value(const Param& param) {
  if (param.name == "meta.KEY" || param.name == "env.KEY") return ParamValue{std::vector<std::string>{}};
  if (param.otherwise.empty() && param.type != ParamType::string) return std::nullopt;
  switch (param.type) {
    case ParamType::boolean: return ParamValue{param.otherwise == "true"};
    case ParamType::integer: return ParamValue{std::int64_t{std::stoll(std::string(param.otherwise))}};
    case ParamType::string:
    case ParamType::jailsys: return ParamValue{std::string(param.otherwise)};
    case ParamType::list: return ParamValue{std::vector<std::string>{}};
  }
  std::unreachable();
}

// Whether the addresses of `spec` are the jail's alone. Aliases on the host's interfaces belong to the start and its
// ledger; and a jail without a list is of another kind, which the kernel does not change.
bool has_bare_addresses(const JailSpec& spec, const std::string& name) {
  const auto given = spec.params.find(name);
  if (given == spec.params.end() || spec.has("interface") || spec.flag("ip_hostname")) return false;
  const auto* list = std::get_if<std::vector<std::string>>(&given->second);
  if (list == nullptr || list->empty()) return false;
  for (const auto& entry : *list) {
    if (entry.find('|') != std::string::npos) return false;
  }
  return true;
}

void diff_param(const std::string& name, const ParamValue* wanted, bool bare_addresses, const ChangesLive& changes_live,
                SpecDiff& diff) {
  if (is_looked_up_late(name)) {
    diff.at_once.push_back(name);
    return;
  }
  const Param* param = find_param(name);
  const bool changeable = param != nullptr && param->origin == ParamOrigin::kernel &&
                          param->when == ParamWhen::change && (param->type != ParamType::list || bare_addresses) &&
                          (!changes_live || changes_live(name));
  std::optional<ParamValue> value;
  if (changeable) value = wanted != nullptr ? std::optional(*wanted) : default_value(*param);
  if (value) {
    diff.params[name] = *value;
  } else {
    diff.restart.push_back(name);
  }
}

}  // namespace

SpecDiff diff_specs(const JailSpec& running, const JailSpec& wanted, const ChangesLive& changes_live) {
  SpecDiff diff;
  std::set<std::string> names;
  for (const auto& [name, value] : running.params) names.insert(name);
  for (const auto& [name, value] : wanted.params) names.insert(name);
  for (const auto& name : names) {
    const auto old = running.params.find(name);
    const auto now = wanted.params.find(name);
    const bool same = old != running.params.end() && now != wanted.params.end() && old->second == now->second;
    if (same) continue;
    const bool bare_addresses = has_bare_addresses(running, name) && has_bare_addresses(wanted, name);
    diff_param(name, now == wanted.params.end() ? nullptr : &now->second, bare_addresses, changes_live, diff);
  }
  if (running.command != wanted.command) diff.restart.emplace_back("command");
  diff.rctl = running.rctl != wanted.rctl;
  diff.cpuset = running.cpuset != wanted.cpuset;
  if (running.restart != wanted.restart) diff.at_once.emplace_back("restart");
  if (running.health != wanted.health) diff.at_once.emplace_back("health");
  if (running.autostart != wanted.autostart) diff.at_once.emplace_back("autostart");
  if (running.priority != wanted.priority) diff.at_once.emplace_back("priority");
  if (running.labels != wanted.labels) diff.at_once.emplace_back("labels");
  return diff;
}

void take_at_once(JailSpec& running, const JailSpec& wanted) {
  for (const auto late : looked_up_late) {
    const std::string name(late);
    const auto now = wanted.params.find(name);
    if (now == wanted.params.end()) {
      running.params.erase(name);
    } else {
      running.params[name] = now->second;
    }
  }
  running.restart = wanted.restart;
  running.health = wanted.health;
  running.autostart = wanted.autostart;
  running.priority = wanted.priority;
  running.labels = wanted.labels;
}

}  // namespace jaild::core
