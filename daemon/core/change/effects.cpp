#include "daemon/core/change/effects.h"

#include <utility>

#include "daemon/core/spec_diff.h"

namespace jaild::core {
namespace {

// A run that never was, for the steps that a start of `spec` would take.
RunRecord imagined_run(const std::string& name, const JailSpec& spec, Resolved things) {
  RunRecord run;
  run.key.name = name;
  run.spec = spec;
  run.before_create = std::move(things.before_create);
  run.after_create = std::move(things.after_create);
  return run;
}

Effect stop_of(const Lifecycle& jail, const Timeouts& timeouts) {
  return {jail.name(), Effect::Kind::stop, {}, describe(stop_steps(*jail.run(), {}, timeouts))};
}

Effect update_of(const std::string& name, std::vector<std::string> fields, const SpecDiff& diff) {
  fields.insert(fields.end(), diff.restart.begin(), diff.restart.end());
  return {name, Effect::Kind::update, std::move(fields), {}};
}

std::vector<std::string> fields_at_once(const SpecDiff& diff) {
  std::vector<std::string> fields = diff.at_once;
  if (diff.rctl) fields.emplace_back("rctl");
  if (diff.cpuset) fields.emplace_back("cpuset");
  for (const auto& [name, value] : diff.params) fields.push_back(name);
  return fields;
}

// A jail that is down takes all of it over with its next start; one that is up what it can now, the rest by a restart.
void describe_spec(const JailRecord& record, const Lifecycle& jail, bool restart, const HostWays& ways,
                   std::vector<Effect>& effects) {
  const bool written = record.spec != jail.record().spec;
  const auto stored = diff_specs(jail.record().spec, record.spec, ways.changes_live);
  const auto diff = jail.has_run() ? diff_specs(jail.run()->spec, record.spec, ways.changes_live) : SpecDiff{};
  const auto fields = fields_at_once(diff);
  // What the run has already is written all the same: a change that was pending is taken back.
  if (written && fields.empty() && diff.restart.empty()) {
    effects.push_back(update_of(record.name, fields_at_once(stored), stored));
  }
  if (written && !fields.empty()) {
    const bool up = jail.activity() == Activity::running || jail.activity() == Activity::updating;
    effects.push_back({record.name, up ? Effect::Kind::live : Effect::Kind::update, fields,
                       describe(update_steps(*jail.run(), diff, record.spec))});
  }
  if (!diff.restart.empty() && (written || restart)) {
    effects.push_back({record.name, restart ? Effect::Kind::restart : Effect::Kind::pending, diff.restart, {}});
  }
}

}  // namespace

void describe_erase(const Lifecycle& jail, const Timeouts& timeouts, std::vector<Effect>& effects) {
  if (jail.has_run()) effects.push_back(stop_of(jail, timeouts));
  effects.push_back({jail.name(), Effect::Kind::erase, {}, {}});
}

void describe_adoption(const std::string& name, const JailSpec& spec, std::vector<Effect>& effects) {
  Effect adopt{name, Effect::Kind::adopt, {}, {}};
  for (const auto& [param, value] : spec.params) adopt.fields.push_back(param);
  if (!spec.rctl.empty()) adopt.fields.emplace_back("rctl");
  if (spec.cpuset) adopt.fields.emplace_back("cpuset");
  effects.push_back(std::move(adopt));
}

void describe_record(const JailRecord& record, const Lifecycle* jail, bool restart, const Timeouts& timeouts,
                     const HostWays& ways, std::vector<Effect>& effects) {
  if (jail == nullptr) effects.push_back({record.name, Effect::Kind::create, {}, {}});
  if (jail != nullptr) describe_spec(record, *jail, restart, ways, effects);
  const bool was_up = jail != nullptr && jail->has_run();
  const bool down_first = was_up && (record.desired == Desired::stopped || restart);
  if (down_first) effects.push_back(stop_of(*jail, timeouts));
  if (record.desired == Desired::running && (!was_up || down_first)) {
    const auto run = imagined_run(record.name, record.spec, ways.things_of(record.name, record.spec));
    effects.push_back({record.name, Effect::Kind::start, {}, describe(start_steps(run, timeouts))});
  }
}

}  // namespace jaild::core
