#include "daemon/core/adoption.h"

#include <algorithm>
#include <array>

#include "api/contract/param_table.h"

namespace jaild::core {
namespace {

constexpr std::string_view no_host_uuid = "00000000-0000-0000-0000-000000000000";

// Shown by the kernel whether they were given or come from the host; the same when the jail is made again.
constexpr std::array<std::string_view, 5> from_the_host = {"name", "path", "persist", "osrelease", "osreldate"};

bool is_default(const Param& param, const ParamValue& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag == (param.otherwise == "true");
  if (const auto* text = std::get_if<std::string>(&value)) return *text == param.otherwise || *text == no_host_uuid;
  if (const auto* list = std::get_if<std::vector<std::string>>(&value)) return list->empty();
  const auto number = std::get<std::int64_t>(value);
  // securelevel, the one number without a default in the table, is -1 where nothing raised it.
  return std::to_string(number) == (param.otherwise.empty() ? "-1" : param.otherwise);
}

bool was_given(const std::string& name, const ParamValue& value) {
  const Param* param = find_param(name);
  if (param == nullptr || param->origin != ParamOrigin::kernel || param->when == ParamWhen::read) return false;
  if (!param_refusal(name).empty()) return false;  // jid: chosen by the kernel
  if (std::find(from_the_host.begin(), from_the_host.end(), name) != from_the_host.end()) return false;
  if (name.starts_with("linux.")) return false;  // the host's, unless somebody says so
  return !is_default(*param, value);
}

// What follows from other parameters and is refused or misleading beside them.
void drop_implied(JailSpec& spec) {
  for (const char* stack : {"ip4", "ip6"}) {
    if (spec.params.contains(std::string(stack) + ".addr") || spec.text("vnet") == "new") spec.params.erase(stack);
  }
  if (spec.flag("allow.sysvipc")) {
    for (const char* each : {"sysvmsg", "sysvsem", "sysvshm"}) spec.params.erase(each);
  }
}

}  // namespace

Result<JailSpec> observed_spec(const JailFacts& facts, const std::vector<int>& host_cpus, bool has_dev) {
  JailSpec spec;
  for (const auto& [name, value] : facts.params) {
    if (was_given(name, value)) spec.params[name] = value;
  }
  drop_implied(spec);
  spec.params["path"] = facts.path;
  spec.params["persist"] = true;
  if (has_dev) spec.params["mount.devfs"] = true;
  const std::string subject = "jail:" + facts.name + ":";
  for (const auto& text : facts.rules) {
    auto rule = RctlRule::parse(text.starts_with(subject) ? text.substr(subject.size()) : text);
    if (!rule) return Fail(rule.error().in("rule " + text));
    spec.rctl.push_back(*rule);
  }
  if (facts.cpus && facts.cpus->ids() != host_cpus) spec.cpuset = facts.cpus;
  spec.autostart = false;
  return spec;
}

}  // namespace jaild::core
