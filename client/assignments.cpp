#include "client/assignments.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "api/contract/param_table.h"
#include "api/contract/rctl_rule.h"
#include "client/fields.h"

namespace jaild::client {

using nlohmann::json;
using Operation = Assignment::Operation;

namespace {

std::optional<std::int64_t> as_integer(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<bool> as_boolean(const std::string& text) {
  for (const char* word : {"true", "yes", "on", "1"}) {
    if (text == word) return true;
  }
  for (const char* word : {"false", "no", "off", "0"}) {
    if (text == word) return false;
  }
  return std::nullopt;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    if (end > begin) parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

// Of keys whose type no table of ours holds, the daemon decides; a number or a boolean is what it looks like.
json guessed(const std::string& text) {
  if (const auto number = as_integer(text)) return *number;
  if (text == "true" || text == "false") return text == "true";
  return text;
}

Result<json> integer(const Assignment& assignment) {
  const auto number = as_integer(assignment.value);
  if (!number) return Fail(Kind::invalid, assignment.key + " takes a whole number, not '" + assignment.value + "'");
  return json(*number);
}

Result<json> boolean(const Assignment& assignment) {
  const auto value = as_boolean(assignment.value);
  if (!value) return Fail(Kind::invalid, assignment.key + " takes true or false, not '" + assignment.value + "'");
  return json(*value);
}

// Two rules are one when they mean the same, however their amounts are written; other elements when they are equal.
bool same_element(const std::string& key, const std::string& a, const std::string& b) {
  if (a == b || key != "rctl") return a == b;
  const Result<RctlRule> rule_a = RctlRule::parse(a);
  const Result<RctlRule> rule_b = RctlRule::parse(b);
  return rule_a && rule_b && *rule_a == *rule_b;
}

// Addresses, names and rules hold no commas, so these lists may be written with them; command lines may.
bool splits_at_commas(const std::string& key) {
  return key == "ip4.addr" || key == "ip6.addr" || key == "depend" || key == "rctl";
}

Result<json> changed_list(const Assignment& assignment, std::vector<std::string> list) {
  const std::vector<std::string> values = splits_at_commas(assignment.key) || assignment.value.empty()
                                              ? split(assignment.value)
                                              : std::vector<std::string>{assignment.value};
  if (assignment.key == "rctl" && assignment.operation != Operation::remove) {
    for (const std::string& value : values) {
      const Result<RctlRule> rule = RctlRule::parse(value);
      if (!rule) return Fail(rule.error().in("rctl"));
    }
  }
  if (assignment.operation == Operation::set) list.clear();
  for (const std::string& value : values) {
    const auto same = [&](const std::string& element) { return same_element(assignment.key, element, value); };
    const auto found = std::find_if(list.begin(), list.end(), same);
    if (assignment.operation == Operation::remove) {
      if (found == list.end()) return Fail(Kind::invalid, assignment.key + " does not hold '" + value + "'");
      list.erase(found);
    } else if (found == list.end() || !splits_at_commas(assignment.key)) {
      list.push_back(value);
    }
  }
  return json(list);
}

// Builds the patch one assignment after the other; a later one sees what an earlier one wrote.
class PatchBuilder {
 public:
  explicit PatchBuilder(const json& spec) : spec_(spec) {}

  Result<void> apply(const Assignment& assignment) {
    const std::string& key = assignment.key;
    for (const char* group : {"restart", "health", "labels"}) {
      const std::string prefix = std::string(group) + ".";
      if (key.compare(0, prefix.size(), prefix) == 0) return group_member(group, key.substr(prefix.size()), assignment);
    }
    if (key == "rctl") return list({"rctl"}, assignment);
    if (key == "command" || key == "cpuset") return plain({key}, assignment, json(assignment.value));
    if (key == "priority") return plain({key}, assignment, integer(assignment));
    if (key == "autostart") return plain({key}, assignment, boolean(assignment));
    if (key == "restart" || key == "health" || key == "labels") return whole_group(assignment);
    return parameter(assignment);
  }

  [[nodiscard]] json take() { return {{"spec", std::move(patch_)}}; }

 private:
  using Path = std::vector<std::string>;

  json& slot(const Path& path) {
    json* place = &patch_;
    for (const std::string& key : path) place = &(*place)[key];
    return *place;
  }

  Result<void> unset(const Path& path, const Assignment& assignment) {
    if (find(spec_, path) == nullptr) {
      return Fail(Kind::invalid, assignment.key + " is not set, so there is nothing to unset");
    }
    slot(path) = nullptr;
    return {};
  }

  Result<void> plain(const Path& path, const Assignment& assignment, const Result<json>& value) {
    if (assignment.operation == Operation::unset) return unset(path, assignment);
    if (assignment.operation != Operation::set) {
      return Fail(Kind::invalid, assignment.key + " is no list: " + assignment.key + "=VALUE sets it");
    }
    if (!value) return Fail(value.error());
    slot(path) = *value;
    return {};
  }

  Result<void> list(const Path& path, const Assignment& assignment) {
    if (assignment.operation == Operation::unset) return unset(path, assignment);
    const json* present = find(patch_, path);
    if (present == nullptr) present = find(spec_, path);
    std::vector<std::string> elements;
    if (present != nullptr && present->is_string()) elements.push_back(present->get<std::string>());
    if (present != nullptr && present->is_array()) {
      for (const json& element : *present) elements.push_back(shown(element));
    }
    Result<json> changed = changed_list(assignment, std::move(elements));
    if (!changed) return Fail(changed.error());
    slot(path) = std::move(*changed);
    return {};
  }

  static const json* find(const json& root, const Path& path) {
    const json* place = &root;
    for (const std::string& key : path) {
      if (!place->is_object() || !place->contains(key)) return nullptr;
      place = &(*place)[key];
    }
    return place;
  }

  Result<void> group_member(const std::string& group, const std::string& member, const Assignment& assignment) {
    if (member.empty()) return Fail(Kind::invalid, assignment.key + ": a name must follow the dot");
    const bool text = group == "labels" || member == "exec" || member == "tcp" || member == "http";
    const Result<void> done =
        plain({group, member}, assignment, text ? json(assignment.value) : guessed(assignment.value));
    if (!done || assignment.operation != Operation::set || group != "health") return done;
    const bool check = member == "exec" || member == "tcp" || member == "http";
    if (!check) return done;
    // A jail has one health check: another kind takes the place of the present one, with what belongs to that only.
    for (const char* other : {"exec", "tcp", "http", "expect_status"}) {
      const bool kept = member == other || (member == "http" && std::string_view(other) == "expect_status");
      if (!kept && find(spec_, {"health", other}) != nullptr) slot({"health", other}) = nullptr;
    }
    return done;
  }

  Result<void> whole_group(const Assignment& assignment) {
    if (assignment.operation == Operation::unset) return plain({assignment.key}, assignment, json());
    const std::string example = assignment.key == "labels"   ? "labels.tier=web"
                                : assignment.key == "health" ? "health.tcp=127.0.0.1:80"
                                                             : "restart.policy=always";
    return Fail(Kind::invalid, assignment.key + " has fields of its own: " + example);
  }

  Result<void> parameter(const Assignment& assignment) {
    Assignment known = assignment;
    const Param* param = find_param(assignment.key);
    if (param == nullptr && find_negated(assignment.key) != nullptr) {
      param = find_negated(assignment.key);
      known.key = param->name;
      const auto value = as_boolean(assignment.value);
      if (value) known.value = *value ? "false" : "true";
    }
    const Path path{"params", known.key};
    if (param == nullptr) return plain(path, known, guessed(known.value));
    switch (param->type) {
      case ParamType::boolean: return plain(path, known, boolean(known));
      case ParamType::integer: return plain(path, known, integer(known));
      case ParamType::string:
      case ParamType::jailsys: return plain(path, known, json(known.value));
      case ParamType::list: return list(path, known);
    }
    std::unreachable();
  }

  const json& spec_;
  json patch_ = json::object();
};

}  // namespace

Result<Assignment> parse_assignment(std::string_view text) {
  Assignment assignment;
  const std::size_t equals = text.find('=');
  assignment.key = text.substr(0, equals);
  if (equals == text.npos) {
    const Param* param = find_param(text) != nullptr ? find_param(text) : find_negated(text);
    const bool boolean = text == "autostart" || (param != nullptr && param->type == ParamType::boolean);
    if (!boolean) return Fail(Kind::invalid, "'" + std::string(text) + "' is not KEY=VALUE");
    assignment.value = "true";
    return assignment;
  }
  assignment.value = text.substr(equals + 1);
  if (!assignment.key.empty() && (assignment.key.back() == '+' || assignment.key.back() == '-')) {
    assignment.operation = assignment.key.back() == '+' ? Operation::add : Operation::remove;
    assignment.key.pop_back();
  }
  if (assignment.key.empty()) return Fail(Kind::invalid, "'" + std::string(text) + "' has no key before the =");
  return assignment;
}

Result<json> merge_patch(const json& spec, const std::vector<Assignment>& assignments) {
  PatchBuilder builder(spec);
  for (const Assignment& assignment : assignments) {
    const Result<void> applied = builder.apply(assignment);
    if (!applied) return Fail(applied.error());
  }
  return builder.take();
}

}  // namespace jaild::client
