#include "api/contract/spec_rules.h"

#include <algorithm>

#include "api/contract/endpoint.h"
#include "api/contract/param_values.h"

namespace jaild {
namespace {

constexpr int restart_limit_max = 1000;  // each counted start is remembered, in memory and in the store
constexpr int streak_max = 1000;         // checks in a row
constexpr int priority_max = 99;
constexpr std::size_t label_key_max = 63;     // bytes
constexpr std::size_t label_value_max = 255;  // bytes

void check_range(int value, int least, int most, const std::string& pointer, Mistakes& mistakes) {
  if (value < least || value > most)
    mistakes.add(pointer, "expects a number from " + std::to_string(least) + " to " + std::to_string(most));
}

void check_duration(std::chrono::seconds value, std::chrono::seconds least, const std::string& pointer,
                    Mistakes& mistakes) {
  if (value < least || value > duration_max)
    mistakes.add(pointer, "expects seconds from " + std::to_string(least.count()) + " to " +
                              std::to_string(duration_max.count()));
}

void check_command(const std::string& line, const std::string& pointer, Mistakes& mistakes) {
  if (line.size() > command_max) {
    mistakes.add(pointer, "is longer than " + std::to_string(command_max) + " bytes");
  } else if (line.find('\0') != std::string::npos) {
    mistakes.add(pointer, "holds a NUL byte");
  } else if (line.find_first_not_of(" \t\r\n") == std::string::npos) {
    mistakes.add(pointer, "is empty; leave it out instead");
  }
}

void check_restart(const RestartSettings& restart, const std::string& pointer, Mistakes& mistakes) {
  using std::chrono::seconds;
  check_duration(restart.delay, seconds(1), pointer_to(pointer, "delay_seconds"), mistakes);
  check_duration(restart.max_delay, seconds(1), pointer_to(pointer, "max_delay_seconds"), mistakes);
  check_duration(restart.window, seconds(1), pointer_to(pointer, "window_seconds"), mistakes);
  check_range(restart.limit, 0, restart_limit_max, pointer_to(pointer, "limit"), mistakes);
}

void check_target(const HealthSettings& health, const std::string& pointer, Mistakes& mistakes) {
  switch (health.kind) {
    case HealthKind::exec: check_command(health.target, pointer_to(pointer, "exec"), mistakes); return;
    case HealthKind::tcp:
      if (const auto where = parse_host_port(health.target); !where)
        mistakes.add(pointer_to(pointer, "tcp"), where.error().message);
      return;
    case HealthKind::http:
      if (const auto url = parse_http_url(health.target); !url)
        mistakes.add(pointer_to(pointer, "http"), url.error().message);
      check_range(health.expect_status, 100, 599, pointer_to(pointer, "expect_status"), mistakes);
      return;
  }
  std::unreachable();
}

void check_health(const HealthSettings& health, const std::string& pointer, Mistakes& mistakes) {
  using std::chrono::seconds;
  // A health check without a kind was reported when it was read; its empty target would only echo that.
  if (!mistakes.at(pointer)) check_target(health, pointer, mistakes);
  check_duration(health.interval, seconds(1), pointer_to(pointer, "interval_seconds"), mistakes);
  check_duration(health.timeout, seconds(1), pointer_to(pointer, "timeout_seconds"), mistakes);
  check_duration(health.start_period, seconds(0), pointer_to(pointer, "start_period_seconds"), mistakes);
  check_range(health.failures, 1, streak_max, pointer_to(pointer, "failures"), mistakes);
  check_range(health.successes, 1, streak_max, pointer_to(pointer, "successes"), mistakes);
}

bool printable(const std::string& text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) >= ' ' && c != 0x7f; });
}

// A key stands in `?label=KEY=VALUE`.
bool label_key(const std::string& key) {
  return !key.empty() && key.size() <= label_key_max &&
         std::ranges::all_of(key, [](char c) { return c > ' ' && c < 0x7f && c != '='; });
}

void check_labels(const std::map<std::string, std::string>& labels, const std::string& pointer, Mistakes& mistakes) {
  if (labels.size() > list_max) mistakes.add(pointer, "has more than " + std::to_string(list_max) + " entries");
  for (const auto& [key, value] : labels) {
    if (!label_key(key)) {
      mistakes.add(pointer_to(pointer, key), "a label's key has 1 to " + std::to_string(label_key_max) +
                                                 " visible ASCII characters, none of them '='");
    } else if (value.size() > label_value_max || !printable(value)) {
      mistakes.add(pointer_to(pointer, key), "a label's value has at most " + std::to_string(label_value_max) +
                                                 " bytes and no control characters");
    }
  }
}

}  // namespace

void check_fields(const JailSpec& spec, const std::string& pointer, Mistakes& mistakes) {
  const std::string params = pointer_to(pointer, "params");
  if (spec.params.size() > list_max) mistakes.add(params, "has more than " + std::to_string(list_max) + " entries");
  for (const auto& [name, value] : spec.params) check_param(name, value, pointer_to(params, name), mistakes);
  if (spec.command) check_command(*spec.command, pointer_to(pointer, "command"), mistakes);
  if (spec.rctl.size() > list_max)
    mistakes.add(pointer_to(pointer, "rctl"), "has more than " + std::to_string(list_max) + " entries");
  check_restart(spec.restart, pointer_to(pointer, "restart"), mistakes);
  if (spec.health) check_health(*spec.health, pointer_to(pointer, "health"), mistakes);
  check_range(spec.priority, 0, priority_max, pointer_to(pointer, "priority"), mistakes);
  check_labels(spec.labels, pointer_to(pointer, "labels"), mistakes);
}

}  // namespace jaild
