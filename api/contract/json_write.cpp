#include <algorithm>

#include <nlohmann/json.hpp>

#include "api/contract/json.h"
#include "api/contract/mistakes.h"
#include "api/contract/signal_name.h"

namespace jaild {
namespace {

using nlohmann::json;

std::string_view word(RestartPolicy policy) {
  switch (policy) {
    case RestartPolicy::never: return "never";
    case RestartPolicy::on_failure: return "on-failure";
    case RestartPolicy::always: return "always";
  }
  std::unreachable();
}

std::string_view word(HealthKind kind) {
  switch (kind) {
    case HealthKind::exec: return "exec";
    case HealthKind::tcp: return "tcp";
    case HealthKind::http: return "http";
  }
  std::unreachable();
}

std::string_view word(HealthAction action) {
  switch (action) {
    case HealthAction::restart: return "restart";
    case HealthAction::none: return "none";
  }
  std::unreachable();
}

// What makes up a jail is put together member by member: a list of braces makes an array of each pair on the way, which
// takes as long again, and a list of jails makes thousands of them.

json restart_json(const RestartSettings& restart) {
  json out = json::object();
  out["policy"] = word(restart.policy);
  out["delay_seconds"] = restart.delay.count();
  out["max_delay_seconds"] = restart.max_delay.count();
  out["limit"] = restart.limit;
  out["window_seconds"] = restart.window.count();
  return out;
}

json health_json(const HealthSettings& health) {
  json out = {{word(health.kind), health.target},
              {"interval_seconds", health.interval.count()},
              {"timeout_seconds", health.timeout.count()},
              {"start_period_seconds", health.start_period.count()},
              {"failures", health.failures},
              {"successes", health.successes},
              {"on_failure", word(health.on_failure)}};
  if (health.kind == HealthKind::http) out["expect_status"] = health.expect_status;
  return out;
}

json params_json(const std::map<std::string, ParamValue>& params) {
  json out = json::object();
  for (const auto& [name, value] : params) out[name] = std::visit([](const auto& held) { return json(held); }, value);
  return out;
}

// What is under way has neither an outcome nor a duration yet.
json step_json(const StepReport& step) {
  json out = json::object();
  out["step"] = step.step;
  if (!step.command.empty()) out["command"] = step.command;
  if (step.running_since) return out;
  out["ok"] = step.ok;
  out["seconds"] = step.seconds;
  if (!step.error.empty()) out["error"] = step.error;
  return out;
}

json steps_json(const std::vector<StepReport>& steps) {
  json out = json::array();
  for (const StepReport& step : steps) {
    json entry = step_json(step);
    if (step.running_since) {
      entry["running"] = true;
      entry["started_at"] = rfc3339(*step.running_since);
    }
    out.push_back(std::move(entry));
  }
  return out;
}

json limit_json(const RctlRule& rule) {
  return {{"rule", rule.text()},          {"resource", to_string(rule.resource())},
          {"action", rule.action()},      {"amount", rule.amount()},
          {"per", to_string(rule.per())}, {"unit", to_string(unit_of(rule.resource()))}};
}

void put_time(json& out, const char* key, const std::optional<WallTime>& time) {
  if (time) out[key] = rfc3339(*time);
}

}  // namespace

json to_json(const JailSpec& spec) {
  json rules = json::array();
  for (const RctlRule& rule : spec.rctl) rules.push_back(rule.text());
  json out = json::object();
  out["params"] = params_json(spec.params);
  out["rctl"] = std::move(rules);
  out["restart"] = restart_json(spec.restart);
  out["autostart"] = spec.autostart;
  out["priority"] = spec.priority;
  out["labels"] = spec.labels;
  if (spec.command) out["command"] = *spec.command;
  if (spec.cpuset) out["cpuset"] = spec.cpuset->text();
  if (spec.health) out["health"] = health_json(*spec.health);
  return out;
}

json to_json(const JailStatus& status) {
  json out = json::object();
  out["state"] = to_string(status.state);
  out["reason"] = status.reason;
  out["ready"] = status.ready;
  out["observed_generation"] = status.observed_generation;
  out["restarts"] = status.restarts;
  out["pending"] = status.pending;
  out["drift"] = status.drift;
  if (!status.hook_rules.empty()) out["hook_rules"] = status.hook_rules;
  if (status.log_lines_lost != 0) out["log_lines_lost"] = status.log_lines_lost;
  if (!status.log_error.empty()) out["log_error"] = status.log_error;
  out["steps"] = steps_json(status.steps);
  if (status.jid) out["jid"] = *status.jid;
  if (status.last_exit) out["last_exit"] = to_json(*status.last_exit);
  put_time(out, "started_at", status.started_at);
  put_time(out, "next_try_at", status.next_try_at);
  put_time(out, "dying_since", status.dying_since);
  return out;
}

json to_json(const JailObject& object) {
  json out = json::object();
  out["name"] = object.name;
  out["status"] = to_json(object.status);
  if (object.generation != 0) {
    out["generation"] = object.generation;
    out["desired"] = to_string(object.desired);
    out["spec"] = to_json(object.spec);
  }
  return out;
}

json to_json(const JailEvent& event) {
  json out = {{"at", rfc3339(event.at)}, {"type", to_string(event.type)}, {"message", event.message}};
  if (event.id != 0) out["id"] = event.id;
  if (!event.jail.empty()) out["jail"] = event.jail;
  if (event.step) {
    out.update(step_json(*event.step));
    out["phase"] = event.step->running_since ? "begin" : "end";
  }
  if (!event.data.empty()) out["data"] = event.data;
  return out;
}

json to_json(const SpecVersion& version) {
  return {{"generation", version.generation},
          {"at", rfc3339(version.at)},
          {"by", version.by},
          {"spec", to_json(version.spec)}};
}

json to_json(const ProcessInfo& process) {
  json out = {{"pid", process.pid},
              {"ppid", process.ppid},
              {"user", process.user},
              {"command", process.command},
              {"state", process.state},
              {"memory_bytes", process.memory_bytes},
              {"cpu_seconds", process.cpu_seconds}};
  put_time(out, "started_at", process.started_at);
  return out;
}

json to_json(const Usage& usage, const std::vector<RctlRule>& limits) {
  json resources = json::object();
  for (const auto& [resource, amount] : usage.resources) resources[std::string(to_string(resource))] = amount;
  json rules = json::array();
  for (const RctlRule& rule : limits) rules.push_back(limit_json(rule));
  return {{"resources", std::move(resources)}, {"limits", std::move(rules)}};
}

json to_json(const HostProfile& profile) {
  json out = {{"host", profile.host},        {"os", profile.os},
              {"release", profile.release},  {"machine", profile.machine},
              {"cpus", profile.cpus.text()}, {"memory_bytes", profile.memory_bytes},
              {"racct", profile.racct},      {"kernel_params", profile.kernel_params}};
  if (!profile.boot_id.empty()) out["boot_id"] = profile.boot_id;
  if (!profile.racct && !profile.racct_hint.empty()) out["racct_hint"] = profile.racct_hint;
  return out;
}

json to_json(const Effect& effect) {
  return {{"jail", effect.jail},
          {"action", to_string(effect.kind)},
          {"fields", effect.fields},
          {"steps", steps_json(effect.steps)}};
}

namespace {

json hold_json(const LoopHold& hold) {
  json out = {{"what", hold.what}, {"seconds", hold.seconds}, {"at", rfc3339(hold.at)}};
  if (!hold.jail.empty()) out["jail"] = hold.jail;
  return out;
}

json task_json(const TaskInfo& task) {
  json out = {
      {"jail", task.jail}, {"activity", task.activity}, {"seconds", task.seconds}, {"step_seconds", task.step_seconds}};
  if (!task.step.empty()) out["step"] = task.step;
  if (!task.command.empty()) out["command"] = task.command;
  if (!task.waits_for.empty()) out["waits_for"] = task.waits_for;
  return out;
}

}  // namespace

json to_json(const Tasks& tasks) {
  json items = json::array();
  for (const TaskInfo& task : tasks.items) items.push_back(task_json(task));
  json stalls = json::array();
  for (const LoopHold& hold : tasks.last_stalls) stalls.push_back(hold_json(hold));
  json loop = {
      {"stall_limit_seconds", tasks.stall_limit_seconds}, {"stalls", tasks.stalls}, {"last_stalls", std::move(stalls)}};
  if (tasks.longest_hold) loop["longest_hold"] = hold_json(*tasks.longest_hold);
  return {{"items", std::move(items)}, {"loop", std::move(loop)}};
}

json to_json(const LastExit& exit) {
  json out = {{"at", rfc3339(exit.at)}, {"reason", exit.reason}};
  if (exit.code) out["code"] = *exit.code;
  if (exit.signal != 0) out["signal"] = signal_name(exit.signal);
  return out;
}

json problem(const Error& error) {
  // Whatever it is made of: names and values in it may be the client's own, and as long as it likes.
  constexpr std::size_t detail_max = 2048;
  const KindTraits kind = traits(error.kind);
  json out = {{"type", std::string("urn:jaild:problem:") + kind.type},
              {"title", kind.title},
              {"status", kind.http_status},
              {"detail", in_short(error.message, detail_max)}};
  if (!error.fields.empty()) {
    json& list = out["errors"] = json::array();
    for (const FieldError& field : error.fields) list.push_back({{"pointer", field.pointer}, {"detail", field.detail}});
  }
  return out;
}

}  // namespace jaild
