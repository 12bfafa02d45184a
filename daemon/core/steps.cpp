#include "daemon/core/steps.h"

#include <algorithm>

#include "daemon/core/deliberate_fault.h"

namespace jaild::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// The time one command may take: exec.timeout where it is given (0 there means unlimited), else the daemon's own.
milliseconds command_timeout(const JailSpec& spec, seconds otherwise) {
  return spec.has("exec.timeout") ? seconds{spec.number("exec.timeout")} : otherwise;
}

class ListBuilder {
 public:
  ListBuilder(const RunRecord& run, seconds command_limit)
      : run_(run), timeout_(command_timeout(run.spec, command_limit)) {}

  void add(std::string name, std::string subject, Reached reached, decltype(Op::what) what) {
    steps_.push_back({std::move(name), std::move(subject), reached, std::move(what)});
  }

  void hooks(const char* phase, bool in_jail, Reached reached) {
    for (const auto& line : run_.spec.list(phase)) {
      if (!line.empty()) add(phase, line, reached, Run{run_.key, command(phase, line, in_jail)});
    }
  }

  void acquire(const std::vector<LedgerEntry>& entries, Reached reached) {
    for (const auto& entry : entries) {
      add(std::string(to_string(entry.kind)), entry.id, reached, Acquire{run_.key, entry});
    }
  }

  void release(const std::vector<LedgerEntry>& entries, bool force) {
    for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
      add("release " + std::string(to_string(entry->kind)), entry->id, Reached::nothing,
          Release{run_.key, *entry, force});
    }
  }

  [[nodiscard]] Command command(const std::string& phase, const std::string& line, bool in_jail) const {
    const auto& spec = run_.spec;
    Command result;
    result.phase = phase;
    result.line = line;
    result.in_jail = in_jail;
    result.user = in_jail ? spec.text("exec.jail_user") : spec.text("exec.system_user");
    result.system_user = in_jail && spec.flag("exec.system_jail_user");
    result.clean = spec.flag("exec.clean");
    result.fib = in_jail ? static_cast<int>(spec.number("exec.fib")) : 0;
    result.timeout = timeout_;
    result.console = in_jail ? spec.text("exec.consolelog") : "";
    result.path = spec.text("path");
    return result;
  }

  std::vector<Step> take() { return std::move(steps_); }

 private:
  const RunRecord& run_;  // looked at during the call that builds the list
  milliseconds timeout_;
  std::vector<Step> steps_;
};

std::string cpu_text(const JailSpec& spec) {
  return spec.cpuset ? spec.cpuset->text() : std::string();
}

// Hooks on the host may call rctl(8), and rules of a name may be made before the jail is.
bool has_hooks_before_create(const JailSpec& spec) {
  return !spec.list("exec.prepare").empty() || !spec.list("exec.prestart").empty();
}

// The rule in a kernel text, "jail:NAME:RULE"; nullopt: one that this jaild does not know.
std::optional<RctlRule> rule_in(std::string_view text, const std::string& jail) {
  const std::string subject = "jail:" + jail + ":";
  if (!text.starts_with(subject)) return std::nullopt;
  auto rule = RctlRule::parse(text.substr(subject.size()));
  return rule ? std::optional(std::move(*rule)) : std::nullopt;
}

std::string rules_text(const JailSpec& spec) {
  std::string text;
  for (const auto& rule : spec.rctl) text += (text.empty() ? "" : ",") + rule.text();
  return text;
}

// As jail.conf(5) would have it, for people.
std::string value_text(const ParamValue& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  std::string list;
  for (const auto& each : std::get<std::vector<std::string>>(value)) list += (list.empty() ? "" : ", ") + each;
  return list;
}

}  // namespace

std::string_view to_string(ResourceKind kind) {
  switch (kind) {
    case ResourceKind::alias: return "alias";
    case ResourceKind::mount: return "mount";
    case ResourceKind::interface: return "interface";
    case ResourceKind::dataset: return "dataset";
    case ResourceKind::cgroup: return "cgroup";
  }
  std::unreachable();
}

std::vector<std::string> hook_rules_beside(const JailSpec& spec, const RunRecord& run) {
  std::vector<std::string> beside;
  for (const std::string& text : run.hook_rules) {
    const auto rule = rule_in(text, run.key.name);
    const bool spoken_for =
        rule && std::ranges::any_of(spec.rctl, [&](const RctlRule& each) { return each.replaces(*rule); });
    if (!spoken_for) beside.push_back(text);
  }
  return beside;
}

// A rule of the jail's name that is there before the first hook runs goes: it is of an earlier jail of that name,
// nobody's spec shows it, and it would bind this one. One that comes while the start runs is a hook's wish and stays.
// So where hooks run before the jail is made, the old ones go before these, else with the rules of the spec, right
// after the jail is made and before anything runs in it. After hooks that run with the jail there the spec's rules are
// set once more, for such a hook may have changed them; the last look says which others there are.
std::vector<Step> start_steps(const RunRecord& run, const Timeouts& timeouts) {
  const auto& spec = run.spec;
  ListBuilder list(run, timeouts.start);
  list.add("monitor", "", Reached::nothing, OpenMonitor{run.key});
  const bool cleared = has_hooks_before_create(spec);
  if (cleared) list.add("release rctl", "", Reached::nothing, SetRules{run.key, {}});
  list.hooks("exec.prepare", false, Reached::prepare);
  list.acquire(run.before_create, Reached::resources);
  list.hooks("exec.prestart", false, Reached::prestart);
  list.add("create", spec.text("path"), Reached::created, Create{run.key, spec});
  const bool rules_late = breaks(DeliberateFault::rules_after_start);
  const auto rules = [&](bool others_stay) {
    list.add("rctl", rules_text(spec), Reached::created, SetRules{run.key, spec.rctl, {}, others_stay});
  };
  if (!rules_late) rules(cleared);
  if (spec.cpuset && !breaks(DeliberateFault::no_cpuset))
    list.add("cpuset", cpu_text(spec), Reached::created, SetCpuset{run.key, spec.cpuset});
  list.hooks("exec.created", false, Reached::created);
  if (!rules_late && !spec.list("exec.created").empty()) rules(true);
  list.acquire(run.after_create, Reached::created);
  list.hooks("exec.start", true, Reached::created);
  list.hooks("command", true, Reached::created);
  if (spec.command) {
    auto command = list.command("command", *spec.command, true);
    command.timeout = milliseconds{0};
    list.add("command", *spec.command, Reached::created, StartMain{run.key, std::move(command)});
  }
  list.hooks("exec.poststart", false, Reached::created);
  if (rules_late || !spec.list("exec.poststart").empty()) rules(true);
  return list.take();
}

std::vector<Step> stop_steps(const RunRecord& run, const StopPlan& plan, const Timeouts& timeouts) {
  const auto& spec = run.spec;
  ListBuilder list(run, timeouts.stop);
  if (plan.open_monitor) list.add("monitor", "", Reached::nothing, OpenMonitor{run.key});
  if (plan.jail_exists && plan.reached >= Reached::created) {
    if (plan.stop_hooks) {
      list.hooks("exec.prestop", false, Reached::nothing);
      list.hooks("exec.stop", true, Reached::nothing);
    }
    const seconds grace{spec.number("stop.timeout", stop_timeout_default.count())};
    if (grace > seconds{0}) list.add("terminate", "", Reached::nothing, Terminate{run.key, grace});
  }
  // Jail, rules, mounts and aliases end with the kernel that had them; what has their names now is somebody else's.
  const bool kernel_has = !plan.host_booted;
  const bool mounts_early = breaks(DeliberateFault::mounts_before_removal);
  if (mounts_early) list.release(run.before_create, true);
  if (plan.reached >= Reached::created && kernel_has) {
    list.release(run.after_create, false);
    list.add("remove", "", Reached::nothing, Remove{run.key});
  }
  const bool poststop = !breaks(DeliberateFault::no_poststop);
  if (plan.reached >= Reached::prestart && poststop) list.hooks("exec.poststop", false, Reached::nothing);
  const bool mounts = kernel_has && !breaks(DeliberateFault::mounts_stay) && !mounts_early;
  if (plan.reached >= Reached::resources && mounts) list.release(run.before_create, true);
  const bool rules = kernel_has && !breaks(DeliberateFault::rules_stay);
  const bool may_have_rules = plan.reached >= (has_hooks_before_create(spec) ? Reached::prepare : Reached::created);
  if (may_have_rules && rules) list.add("release rctl", "", Reached::nothing, SetRules{run.key, {}});
  if (plan.reached >= Reached::prepare) list.hooks("exec.release", false, Reached::nothing);
  list.add("end monitor", "", Reached::nothing, CloseMonitor{run.key});
  return list.take();
}

std::vector<Step> update_steps(const RunRecord& run, const SpecDiff& diff, const JailSpec& wanted) {
  const JailKey& key = run.key;
  std::vector<Step> steps;
  if (diff.rctl) {
    steps.push_back(
        {"rctl", rules_text(wanted), Reached::created, SetRules{key, wanted.rctl, hook_rules_beside(wanted, run)}});
  }
  if (diff.cpuset) steps.push_back({"cpuset", cpu_text(wanted), Reached::created, SetCpuset{key, wanted.cpuset}});
  for (const auto& [name, value] : diff.params) {
    steps.push_back({name, value_text(value), Reached::created, SetParams{key, {{name, value}}}});
  }
  return steps;
}

std::vector<StepReport> describe(const std::vector<Step>& steps) {
  std::vector<StepReport> reports;
  for (const auto& step : steps) {
    StepReport report;
    report.step = step.name;
    report.command = step.subject;
    reports.push_back(std::move(report));
  }
  return reports;
}

}  // namespace jaild::core
