// The desired state of one jail, as values. A spec is a jail.conf(5) block plus what jail(8) has no word for.
// Everything here is a plain value: no I/O, any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/contract/cpu_list.h"
#include "api/contract/rctl_rule.h"
#include "api/contract/result.h"

namespace jaild {

// A parameter's value as jail(8) would take it. Which alternative a parameter may hold is in param_table.h;
// parse_spec() normalises: a list parameter always holds a list, a boolean always a bool, "noX": true becomes "X":
// false.
using ParamValue = std::variant<bool, std::int64_t, std::string, std::vector<std::string>>;

enum class RestartPolicy { never, on_failure, always };

// Starts anew after a jail ended: first after `delay`, doubled each time up to `max_delay` (10 % jitter), anew from
// `delay` after a run of max(60 s, 10 x last delay). `limit` starts within `window`, then give up; 0 never gives up.
struct RestartSettings {
  RestartPolicy policy = RestartPolicy::on_failure;
  std::chrono::seconds delay{1};
  std::chrono::seconds max_delay{300};
  int limit = 0;
  std::chrono::seconds window{3600};
  bool operator==(const RestartSettings&) const = default;
};

enum class HealthKind { exec, tcp, http };
enum class HealthAction { restart, none };

struct HealthSettings {
  HealthKind kind = HealthKind::tcp;
  std::string target;       // exec: a command line; tcp: HOST:PORT or [V6]:PORT; http: an http:// URL
  int expect_status = 200;  // http only
  std::chrono::seconds interval{10};
  std::chrono::seconds timeout{3};
  std::chrono::seconds start_period{0};
  int failures = 3;   // in a row, until unhealthy
  int successes = 1;  // in a row, until ready
  HealthAction on_failure = HealthAction::restart;
  bool operator==(const HealthSettings&) const = default;
};

struct JailSpec {
  std::map<std::string, ParamValue> params;
  std::optional<std::string> command;
  std::vector<RctlRule> rctl;
  std::optional<CpuList> cpuset;
  RestartSettings restart;
  std::optional<HealthSettings> health;
  bool autostart = true;
  int priority = 50;  // 0 to 99, lower starts first among the free
  std::map<std::string, std::string> labels;
  bool operator==(const JailSpec&) const = default;

  // Typed looks at params; absent or of another type gives the default.
  [[nodiscard]] bool flag(std::string_view name, bool otherwise = false) const;
  [[nodiscard]] std::int64_t number(std::string_view name, std::int64_t otherwise = 0) const;
  [[nodiscard]] std::string text(std::string_view name, std::string otherwise = {}) const;
  [[nodiscard]] std::vector<std::string> list(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const;
};

enum class Desired { running, stopped };

// A valid jail name: [A-Za-z0-9_][A-Za-z0-9_-]*, at most 63 characters in all, a component not all digits; components
// separated by dots, each the child of the one before. Narrower than the kernel's rule, because `:`, `,`, `=`, `/`, `*`
// and white space break rctl(8), jail.conf(5) or the hierarchy. Empty result: valid; else what is wrong.
[[nodiscard]] std::optional<std::string> name_problem(std::string_view name);

// "a.b.c" -> "a.b"; "" for a top-level jail.
[[nodiscard]] std::string parent_name(std::string_view name);

}  // namespace jaild
