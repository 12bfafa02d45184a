#include "daemon/runtime/health_checks.h"

namespace jaild::runtime {
namespace {

// What a check waits before it looks again whether its jail has one, after the check was taken out of the spec.
constexpr std::chrono::seconds without_check{10};

core::Command exec_probe(const JailSpec& spec, const HealthSettings& settings) {
  core::Command command;
  command.phase = "health";
  command.line = settings.target;
  command.in_jail = true;
  command.user = spec.text("exec.jail_user");
  command.system_user = spec.flag("exec.system_jail_user");
  command.clean = spec.flag("exec.clean");
  command.fib = static_cast<int>(spec.number("exec.fib"));
  command.timeout = settings.timeout;
  command.path = spec.text("path");
  return command;
}

Result<void> outcome(const Result<core::CommandResult>& result) {
  if (!result) return Fail(result.error());
  if (result->timed_out) return Fail(Kind::timeout, "did not end in time");
  if (result->signal != 0) return Fail(Kind::unavailable, "was ended by signal " + std::to_string(result->signal));
  if (result->code != 0) return Fail(Kind::unavailable, "exited with " + std::to_string(result->code.value_or(-1)));
  return {};
}

}  // namespace

HealthChecks::HealthChecks(Loop& loop, Engine& engine, Prober& prober)
    : loop_(loop), engine_(engine), prober_(prober) {}

void HealthChecks::on_event(const JailEvent& event) {
  if (event.type == EventType::jail_started || event.type == EventType::jail_adopted ||
      event.type == EventType::jail_changed) {
    // The engine is in the middle of an input; what it says of the jail is complete only after it.
    loop_.post([this, name = event.jail, alive = std::weak_ptr<bool>(alive_)] {
      if (!alive.expired()) begin(name);
    });
  } else if (event.type == EventType::jail_stopping || event.type == EventType::jail_deleted) {
    checks_.erase(event.jail);
  }
}

void HealthChecks::begin(const std::string& name) {
  const auto* jail = engine_.supervisor().find(name);
  if (jail == nullptr || !jail->run() || !jail->record().spec.health) return;
  const auto& key = jail->run()->key;
  if (const auto known = checks_.find(name); known != checks_.end() && known->second.key == key) return;
  if (jail->activity() != core::Activity::running && jail->activity() != core::Activity::updating) return;
  checks_[name] = {key, {}};
  run(key);
}

const core::Lifecycle* HealthChecks::current(const core::JailKey& key) const {
  const auto check = checks_.find(key.name);
  if (check == checks_.end() || !(check->second.key == key)) return nullptr;
  return engine_.supervisor().find(key.name);
}

void HealthChecks::schedule(const core::JailKey& key, std::chrono::nanoseconds delay) {
  loop_.after(delay, [this, key, alive = std::weak_ptr<bool>(alive_)] {
    if (!alive.expired()) run(key);
  });
}

void HealthChecks::run(const core::JailKey& key) {
  const auto* jail = current(key);
  if (jail == nullptr) return;
  const auto settings = jail->record().spec.health;
  if (!settings) {
    schedule(key, without_check);
    return;
  }
  auto done = [this, key, settings = *settings, alive = std::weak_ptr<bool>(alive_)](Result<void> result) {
    if (!alive.expired()) conclude(key, settings, result);
  };
  if (settings->kind != HealthKind::exec) {
    prober_.probe(*settings, std::move(done));
    return;
  }
  engine_.probe(key, exec_probe(jail->record().spec, *settings),
                [done = std::move(done)](const Result<core::CommandResult>& result) { done(outcome(result)); });
}

void HealthChecks::conclude(const core::JailKey& key, const HealthSettings& settings, const Result<void>& result) {
  const auto* jail = current(key);
  if (jail == nullptr) return;
  const auto up = loop_.now().mono - jail->running_since();
  const auto verdict = checks_.at(key.name).policy.feed(settings, result.has_value(), up);
  const std::string what = "health check (" + settings.target + ")";
  const std::string reason = result ? what + " succeeded" : what + ": " + result.error().message;
  schedule(key, settings.interval);
  engine_.take(core::ReadinessChanged{key, verdict.ready, verdict.restart, reason});
}

}  // namespace jaild::runtime
