#include "daemon/core/drift.h"

#include <algorithm>

#include "api/contract/param_table.h"
#include "daemon/core/steps.h"

namespace jaild::core {
namespace {

std::string in_words(const ParamValue& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* text = std::get_if<std::string>(&value)) return "\"" + *text + "\"";
  std::string words;
  for (const auto& each : std::get<std::vector<std::string>>(value)) words += (words.empty() ? "" : ", ") + each;
  return words.empty() ? "empty" : words;
}

// What jail_set(2) was given of an address list: addresses only, in any order.
std::vector<std::string> bare(const ParamValue& value, bool v6) {
  std::vector<std::string> addresses;
  const auto* list = std::get_if<std::vector<std::string>>(&value);
  if (list == nullptr) return addresses;
  for (const auto& each : *list) {
    if (auto entry = parse_address(each, v6)) addresses.push_back(entry->address);
  }
  std::sort(addresses.begin(), addresses.end());
  return addresses;
}

bool agrees(const std::string& name, const ParamValue& wanted, const ParamValue& seen) {
  if (name == "ip4.addr" || name == "ip6.addr") {
    const bool v6 = name == "ip6.addr";
    return bare(wanted, v6) == bare(seen, v6);
  }
  if (wanted.index() != seen.index()) return true;  // written in a form that cannot be compared
  // A jail may raise its own securelevel, and lowering it again would take that protection away.
  if (name == "securelevel") return std::get<std::int64_t>(seen) >= std::get<std::int64_t>(wanted);
  return wanted == seen;
}

// The default that the kernel gives a top-level jail; a child jail's depends on its parent where it is "true".
std::optional<ParamValue> unnamed_flag(const Param& param, bool child) {
  if (param.type != ParamType::boolean || !param.name.starts_with("allow.")) return std::nullopt;
  const bool on = param.otherwise == "true";
  return child && on ? std::nullopt : std::optional<ParamValue>(on);
}

std::optional<ParamValue> wanted_value(const RunRecord& run, const std::string& name, const Param& param) {
  const auto given = run.spec.params.find(name);
  if (given == run.spec.params.end()) return unnamed_flag(param, !parent_name(run.key.name).empty());
  // Which addresses a host name has is known to the host only.
  if (param.type == ParamType::list && run.spec.flag("ip_hostname")) return std::nullopt;
  return given->second;
}

void compare_params(const RunRecord& run, const JailFacts& facts, std::vector<Drift>& found) {
  for (const auto& [name, seen] : facts.params) {
    if (name == "name" || name == "persist") continue;  // jaild's own
    if (!name.starts_with("allow.") && !run.spec.has(name)) continue;
    const Param* param = find_param(name);
    const bool changeable =
        param != nullptr && param->origin == ParamOrigin::kernel && param->when == ParamWhen::change;
    if (!changeable) continue;
    const auto wanted = wanted_value(run, name, *param);
    if (!wanted || agrees(name, *wanted, seen)) continue;
    found.push_back({name, in_words(seen), SetParams{run.key, {{name, *wanted}}}});
  }
  // The kernel shows a jail without any address as one without a list.
  for (const char* name : {"ip4.addr", "ip6.addr"}) {
    const bool shows_stacks = facts.params.contains("ip4");
    const auto given = run.spec.params.find(name);
    if (!shows_stacks || facts.params.contains(name) || given == run.spec.params.end()) continue;
    const bool empty = bare(given->second, std::string_view(name) == "ip6.addr").empty();
    if (!empty) found.push_back({name, "empty", SetParams{run.key, {{name, given->second}}}});
  }
}

void compare_rules(const RunRecord& run, const JailFacts& facts, std::vector<Drift>& found) {
  const std::vector<std::string> of_hooks = hook_rules_beside(run.spec, run);
  std::vector<std::string> wanted = of_hooks;
  for (const auto& rule : run.spec.rctl) wanted.push_back(rule.kernel_text(run.key.name));
  std::vector<std::string> seen = facts.rules;
  std::sort(wanted.begin(), wanted.end());
  std::sort(seen.begin(), seen.end());
  if (wanted == seen) return;
  std::string words;
  for (const auto& each : seen) words += (words.empty() ? "" : ", ") + each;
  found.push_back({"rctl", words.empty() ? "without rules" : words, SetRules{run.key, run.spec.rctl, of_hooks}});
}

void compare_mounts(const std::vector<LedgerEntry>& ledger, const MountPoints& mounted, std::vector<Drift>& found) {
  for (const auto& entry : ledger) {
    if (entry.kind != ResourceKind::mount) continue;
    const auto resolved = entry.detail.find("mounted_on");  // the host's word for it, symbolic links followed
    const std::string& path = resolved == entry.detail.end() ? entry.id : resolved->second;
    // Not mounted again while the jail lives: its processes could lead the mount point elsewhere meanwhile.
    if (!mounted.contains(path)) found.push_back({"mount " + entry.id, "not mounted", std::nullopt});
  }
}

}  // namespace

std::vector<Drift> find_drift(const RunRecord& run, const JailFacts& facts, const MountPoints& mounted) {
  std::vector<Drift> found;
  if (facts.name != run.key.name) {
    // Under its present name, by which the host knows it; all else is compared once it has its own again.
    const JailKey present{facts.name, run.key.run, run.key.jid};
    found.push_back({"name", "\"" + facts.name + "\"", SetParams{present, {{"name", run.key.name}}}});
    return found;
  }
  compare_params(run, facts, found);
  compare_rules(run, facts, found);
  if (run.spec.cpuset && facts.cpus && !(*run.spec.cpuset == *facts.cpus)) {
    found.push_back({"cpuset", facts.cpus->text(), SetCpuset{run.key, run.spec.cpuset}});
  }
  compare_mounts(run.before_create, mounted, found);
  compare_mounts(run.after_create, mounted, found);
  return found;
}

}  // namespace jaild::core
