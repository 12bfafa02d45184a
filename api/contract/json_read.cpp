#include <array>

#include "api/contract/json.h"
#include "api/contract/json_fields.h"
#include "api/contract/mistakes.h"
#include "api/contract/param_values.h"
#include "api/contract/spec_reader.h"
#include "api/contract/spec_rules.h"

namespace jaild {
namespace {

using nlohmann::json;

void read_rctl(const json& body, const std::string& pointer, std::vector<RctlRule>& out, Mistakes& mistakes) {
  if (!body.is_array()) {
    mistakes.add(pointer, "expects a list of rules such as \"memoryuse:deny=2g\", not " + std::string(json_type(body)));
    return;
  }
  for (std::size_t i = 0; i < body.size(); ++i) {
    if (!body[i].is_string()) {
      mistakes.add(pointer_to(pointer, i), "expects a string, not " + std::string(json_type(body[i])));
      continue;
    }
    auto rule = RctlRule::parse(body[i].get_ref<const std::string&>());
    if (rule) {
      out.push_back(std::move(*rule));
    } else {
      mistakes.add(pointer_to(pointer, i), rule.error().message);
    }
  }
}

void read_restart(const json& body, const std::string& pointer, RestartSettings& out, Mistakes& mistakes) {
  Fields fields(body, pointer, mistakes);
  fields.choose(
      "policy", out.policy,
      {{"never", RestartPolicy::never}, {"on-failure", RestartPolicy::on_failure}, {"always", RestartPolicy::always}});
  fields.read("delay_seconds", out.delay);
  fields.read("max_delay_seconds", out.max_delay);
  fields.read("limit", out.limit);
  fields.read("window_seconds", out.window);
  fields.refuse_rest();
}

HealthSettings read_health(const json& body, const std::string& pointer, Mistakes& mistakes) {
  constexpr std::array kinds{std::pair{"exec", HealthKind::exec}, std::pair{"tcp", HealthKind::tcp},
                             std::pair{"http", HealthKind::http}};
  HealthSettings health;
  Fields fields(body, pointer, mistakes);
  int given = 0;
  for (const auto& [key, kind] : kinds) {
    if (!body.is_object() || !body.contains(key)) continue;
    if (++given == 1) {
      health.kind = kind;
      fields.read(key, health.target);
    } else {
      fields.take(key);
      mistakes.add(fields.at(key), "a health check has one of exec, tcp and http, not several");
    }
  }
  if (given == 0) mistakes.add(pointer, "a health check needs one of exec, tcp and http");
  if (health.kind == HealthKind::http) {
    fields.read("expect_status", health.expect_status);
  } else if (fields.take("expect_status") != nullptr) {
    mistakes.add(fields.at("expect_status"), "only an http check looks at a status");
  }
  fields.read("interval_seconds", health.interval);
  fields.read("timeout_seconds", health.timeout);
  fields.read("start_period_seconds", health.start_period);
  fields.read("failures", health.failures);
  fields.read("successes", health.successes);
  fields.choose("on_failure", health.on_failure, {{"restart", HealthAction::restart}, {"none", HealthAction::none}});
  fields.refuse_rest();
  return health;
}

void read_cpuset(const std::string& text, const std::string& pointer, std::optional<CpuList>& out, Mistakes& mistakes) {
  // cpuset(1) takes "all" for every CPU of the host, which is what a spec without the field means.
  if (text == "all") return;
  auto cpus = CpuList::parse(text);
  if (cpus) {
    out = std::move(*cpus);
  } else {
    mistakes.add(pointer, cpus.error().message);
  }
}

}  // namespace

JailSpec read_spec(const json& body, const std::string& pointer, Mistakes& mistakes) {
  JailSpec spec;
  Fields fields(body, pointer, mistakes);
  if (const json* params = fields.take("params")) spec.params = read_params(*params, fields.at("params"), mistakes);
  if (std::string line; fields.take("command") != nullptr) {
    fields.read("command", line);
    if (!mistakes.touch(fields.at("command"))) spec.command = line;
  }
  if (const json* rules = fields.take("rctl")) read_rctl(*rules, fields.at("rctl"), spec.rctl, mistakes);
  if (std::string text; fields.take("cpuset") != nullptr) {
    fields.read("cpuset", text);
    if (!mistakes.touch(fields.at("cpuset"))) read_cpuset(text, fields.at("cpuset"), spec.cpuset, mistakes);
  }
  if (const json* restart = fields.take("restart"))
    read_restart(*restart, fields.at("restart"), spec.restart, mistakes);
  if (const json* health = fields.take("health")) spec.health = read_health(*health, fields.at("health"), mistakes);
  fields.read("autostart", spec.autostart);
  fields.read("priority", spec.priority);
  fields.read("labels", spec.labels);
  fields.refuse_rest();
  check_fields(spec, pointer, mistakes);
  return spec;
}

Result<JailSpec> parse_spec(const json& body, std::string_view pointer) {
  Mistakes mistakes;
  JailSpec spec = read_spec(body, std::string(pointer), mistakes);
  if (!mistakes.empty()) return Fail(mistakes.error());
  return spec;
}

}  // namespace jaild
