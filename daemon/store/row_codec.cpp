#include "daemon/store/row_codec.h"

#include <chrono>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <utility>

#include "api/contract/json.h"

namespace jaild::store {
namespace {

using core::ResourceKind;
using core::RunPhase;
using std::chrono::nanoseconds;

// An error about a request (422, with fields) becomes one about the file.
Error unreadable(const std::string& what, const Error& why) {
  std::string message = "a stored " + what + " cannot be read: " + why.message;
  for (const FieldError& field : why.fields) message += "; " + field.pointer + ": " + field.detail;
  return {Kind::unavailable, std::move(message), 0, {}};
}

template <class Value, class Parse>
Result<Value> parse(std::string_view text, const std::string& what, Parse&& parse_value) {
  Result<nlohmann::json> json = parse_json(text);
  if (!json) return Fail(unreadable(what, json.error()));
  Result<Value> value = parse_value(*json);
  if (!value) return Fail(unreadable(what, value.error()));
  return value;
}

template <class Value, class Word>
Result<Value> find_word(std::string_view word, std::initializer_list<Value> values, Word&& word_of,
                        const std::string& what) {
  for (Value value : values) {
    if (word_of(value) == word) return value;
  }
  return Fail(Kind::unavailable, "a stored " + what + " cannot be read: unknown word \"" + std::string(word) + "\"");
}

}  // namespace

std::int64_t to_ns(WallTime time) {
  return std::chrono::duration_cast<nanoseconds>(time.time_since_epoch()).count();
}
WallTime from_ns(std::int64_t ns) {
  return WallTime(std::chrono::duration_cast<WallTime::duration>(nanoseconds(ns)));
}

std::string spec_text(const JailSpec& spec) {
  return to_text(to_json(spec));
}
Result<JailSpec> spec_from(std::string_view text) {
  return parse<JailSpec>(text, "spec", [](const nlohmann::json& json) { return parse_spec(json, ""); });
}
std::string exit_text(const LastExit& exit) {
  return to_text(to_json(exit));
}
Result<LastExit> exit_from(std::string_view text) {
  return parse<LastExit>(text, "exit", [](const nlohmann::json& json) { return parse_last_exit(json); });
}

std::string data_text(const std::map<std::string, std::string>& data) {
  return to_text(nlohmann::json(data));
}
Result<std::map<std::string, std::string>> data_from(std::string_view text) {
  using Data = std::map<std::string, std::string>;
  return parse<Data>(text, "event's data", [](const nlohmann::json& json) -> Result<Data> {
    Data data;
    if (!json.is_object()) return Fail(Kind::unavailable, "not an object");
    for (const auto& [key, value] : json.items()) {
      const auto* member = value.get_ptr<const std::string*>();
      if (member == nullptr) return Fail(Kind::unavailable, key + " is not a string");
      data.emplace(key, *member);
    }
    return data;
  });
}

std::string hook_rules_text(const std::vector<std::string>& rules) {
  return to_text(nlohmann::json(rules));
}
Result<std::vector<std::string>> hook_rules_from(std::string_view text) {
  using Rules = std::vector<std::string>;
  return parse<Rules>(text, "list of hook rules", [](const nlohmann::json& json) -> Result<Rules> {
    Rules rules;
    if (!json.is_array()) return Fail(Kind::unavailable, "not a list");
    for (const nlohmann::json& rule : json) {
      const auto* rule_text = rule.get_ptr<const std::string*>();
      if (rule_text == nullptr) return Fail(Kind::unavailable, "not a string");
      rules.push_back(*rule_text);
    }
    return rules;
  });
}

std::string starts_text(const std::vector<WallTime>& starts) {
  nlohmann::json list = nlohmann::json::array();
  for (WallTime start : starts) list.push_back(to_ns(start));
  return to_text(list);
}
Result<std::vector<WallTime>> starts_from(std::string_view text) {
  using Starts = std::vector<WallTime>;
  return parse<Starts>(text, "list of starts", [](const nlohmann::json& json) -> Result<Starts> {
    Starts starts;
    if (!json.is_array()) return Fail(Kind::unavailable, "not a list");
    for (const nlohmann::json& start : json) {
      if (!start.is_number_integer()) return Fail(Kind::unavailable, "not a number");
      starts.push_back(from_ns(start.get<std::int64_t>()));
    }
    return starts;
  });
}

std::string_view desired_word(Desired desired) {
  switch (desired) {
    case Desired::running: return "running";
    case Desired::stopped: return "stopped";
  }
  std::unreachable();
}
Result<Desired> desired_from(std::string_view word) {
  return find_word(word, {Desired::running, Desired::stopped}, desired_word, "wish");
}

std::string_view role_word(Role role) {
  switch (role) {
    case Role::none: return "none";
    case Role::viewer: return "viewer";
    case Role::operator_: return "operator";
    case Role::admin: return "admin";
  }
  std::unreachable();
}
Result<Role> role_from_word(std::string_view word) {
  return find_word(word, {Role::viewer, Role::operator_, Role::admin}, role_word, "role");
}

std::string_view phase_word(RunPhase phase) {
  switch (phase) {
    case RunPhase::starting: return "starting";
    case RunPhase::running: return "running";
    case RunPhase::stopping: return "stopping";
  }
  std::unreachable();
}
Result<RunPhase> phase_from(std::string_view word) {
  return find_word(word, {RunPhase::starting, RunPhase::running, RunPhase::stopping}, phase_word, "phase");
}

std::string_view resource_word(ResourceKind kind) {
  switch (kind) {
    case ResourceKind::alias: return "alias";
    case ResourceKind::mount: return "mount";
    case ResourceKind::interface: return "interface";
    case ResourceKind::dataset: return "dataset";
    case ResourceKind::cgroup: return "cgroup";
  }
  std::unreachable();
}
Result<ResourceKind> resource_from(std::string_view word) {
  return find_word(
      word,
      {ResourceKind::alias, ResourceKind::mount, ResourceKind::interface, ResourceKind::dataset, ResourceKind::cgroup},
      resource_word, "ledger entry");
}

}  // namespace jaild::store
