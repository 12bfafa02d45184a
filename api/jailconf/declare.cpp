#include "api/jailconf/declare.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <span>
#include <utility>

#include "api/contract/json.h"
#include "api/contract/mistakes.h"
#include "api/contract/param_table.h"
#include "api/contract/spec_rules.h"
#include "api/contract/utf8.h"
#include "api/jailconf/hook_limits.h"
#include "api/jailconf/spec_text.h"

namespace jaild::jailconf {
namespace {

using nlohmann::json;

std::string text_of(const Place& place, const std::vector<std::string>& files) {
  const std::string& file = place.file < files.size() ? files[place.file] : std::string();
  return file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
}

// jail(8) takes "/jail/www/" and "/jail//www"; jaild wants one spelling. ".." stays: what it means depends on links.
std::string single_slashes(const std::string& path) {
  std::string out;
  for (const char c : path) {
    if (c != '/' || out.empty() || out.back() != '/') out += c;
  }
  if (out.size() > 1 && out.back() == '/') out.pop_back();
  return out;
}

// strtol(3), which jail(8) reads numbers with, skips what stands here.
std::string number_text(std::string text) {
  text.erase(0, std::min(text.find_first_not_of(" \t"), text.size()));
  if (text.starts_with('+')) text.erase(0, 1);
  return text;
}

// Hooks on the host, in the order in which jail(8) runs them.
constexpr std::array<std::string_view, 4> start_hooks = {"exec.prepare", "exec.prestart", "exec.created",
                                                         "exec.poststart"};
constexpr std::array<std::string_view, 3> stop_hooks = {"exec.prestop", "exec.poststop", "exec.release"};

bool is_in(std::span<const std::string_view> hooks, std::string_view name) {
  return std::ranges::find(hooks, name) != hooks.end();
}

// cpuset(1) finds the jail only once it is there.
bool has_jail(std::string_view hook) {
  return hook == "exec.created" || hook == "exec.poststart";
}

// One jail of the configuration on its way to a declaration.
class Builder {
 public:
  Builder(const Jail& jail, const std::vector<std::string>& files, std::vector<std::string>& mistakes)
      : jail_(jail), files_(files), mistakes_(mistakes) {
    declared_.name = jail.name();
    declared_.place = text_of(jail.place, files);
  }

  Declared build(std::string_view rctl_conf) {
    declared_.body = {{"name", declared_.name}, {"spec", {{"params", json::object()}}}};
    add_rules_of_file(rctl_conf);
    for (const std::string_view hook : start_hooks) {
      if (const Setting* setting = jail_.find(std::string(hook))) read_start_hook(*setting);
    }
    for (const Setting& setting : jail_.settings) add(setting);
    for (const Note& note : jail_.notes) add(note);
    finish_command();
    finish_limits();
    if (!params().contains("path")) {
      params()["path"] = "/";
      remark("has no path, so its root is /, as with jail(8)");
    }
    check();
    return std::move(declared_);
  }

 private:
  json& spec() { return declared_.body["spec"]; }
  json& params() { return spec()["params"]; }
  void remark(std::string text) { declared_.remarks.push_back(std::move(text)); }
  void mistake(const Place& place, const std::string& text) {
    mistakes_.push_back(text_of(place, files_) + ": error: jail " + declared_.name + ": " + text);
  }
  void put(const Setting& setting, json value) {
    declared_.places[pointer_to("/spec/params", setting.name)] = text_of(setting.place, files_);
    params()[setting.name] = std::move(value);
  }

  void add(const Setting& setting) {
    if (setting.name == "name") return;
    if (setting.name == "jid" || setting.name == "allow.dying" || setting.name == "allow.nodying") {
      const std::string_view known = setting.name == "jid" ? "jid" : "allow.dying";
      remark(setting.name + " is not carried over: " + std::string(param_refusal(known)));
      return;
    }
    const Param* row = find_param(setting.name);
    if (row == nullptr) row = find_negated(setting.name);
    if (row == nullptr) {
      add_unknown(setting);
    } else if (row->type == ParamType::list) {
      add_list(setting);
    } else if (row->type == ParamType::boolean && setting.values.empty()) {
      put(setting, true);
    } else if (row->type == ParamType::jailsys && (setting.values.empty() || setting.values.back().empty())) {
      put(setting, "new");  // as libjail reads `vnet;`
    } else if (setting.values.empty()) {
      mistake(setting.place, setting.name + " needs a value");
    } else if (row->type == ParamType::integer) {
      put(setting, number_text(setting.values.back()));
    } else {
      put(setting, setting.name == "path" ? single_slashes(setting.values.back()) : setting.values.back());
    }
  }

  // The host decides whether its kernel has it.
  void add_unknown(const Setting& setting) {
    if (setting.values.empty()) {
      put(setting, true);
    } else if (setting.values.size() == 1) {
      put(setting, setting.values.front());
    } else {
      put(setting, setting.values);
    }
  }

  void add_list(const Setting& setting) {
    const bool addresses = setting.name == "ip4.addr" || setting.name == "ip6.addr";
    if (setting.values.empty() && !addresses) return;  // cleared: nothing to run or mount
    std::vector<std::string> rest = setting.values;
    if (is_in(start_hooks, setting.name)) rest = kept_[setting.name];
    if (is_in(stop_hooks, setting.name)) {
      std::size_t at = 0;
      std::erase_if(rest, [&](const std::string& command) { return only_removes_rules(told(setting, at++), command); });
    }
    if (setting.name == "depend") declared_.depends = rest;
    if (!rest.empty() || setting.values.empty()) put(setting, rest);
  }

  // Limits in the hooks of a start become the spec's, in the order in which the hooks run; a command that does nothing
  // else is left out.
  void read_start_hook(const Setting& setting) {
    for (std::size_t at = 0; at < setting.values.size(); ++at) {
      const std::string& command = setting.values[at];
      if (!take_limits(told(setting, at), setting.name, command)) kept_[setting.name].push_back(command);
    }
  }

  // The place and the text of one command of a hook, for remarks.
  [[nodiscard]] std::string told(const Setting& setting, std::size_t at) const {
    const Place place = at < setting.places.size() ? setting.places[at] : setting.place;
    return text_of(place, files_) + ": " + setting.name + " \"" + setting.values[at] + "\"";
  }

  // Whether nothing of `command` is left to do. `what`: it, for remarks.
  bool take_limits(const std::string& what, const std::string& hook, const std::string& command) {
    const HookReading reading = read_hook(command, declared_.name);
    bool all = reading.whole;
    bool partly = reading.more_limits;  // of the limits it sets some stay its own
    std::string became;
    for (const HookLimits& each : reading.limits) {
      const bool readable = each.cpuset ? has_jail(hook) : !each.remove || each.remove->empty();
      if (!readable) {
        all = false;
        partly = partly || !each.cpuset;
        continue;
      }
      const std::string name = each.remove ? "" : each.cpuset ? "cpuset" : "rctl";
      if (became.find(name) == std::string::npos) became += (became.empty() ? "" : " and ") + name;
      take(what, each);
    }
    if (!became.empty()) {
      remark(what + " became " + became + ", which is in force before the jail's first process runs" +
             (all ? "" : "; the command stays, for it does more"));
    } else if (all) {
      remark(what + " is left out: jaild removes what is left of an earlier jail's rules before each start");
    }
    if (partly) {
      remark(what + " sets limits, or may, in a way that import does not read: they hold only from when it runs, and " +
             "status shows them as hook rules; better say them in rctl");
    }
    if (reading.more_cpus) {
      remark(what + " sets CPUs, or may, in a way that import does not read: the command stays; better say them in " +
             "cpuset");
    }
    for (const std::string& other : reading.others) {
      remark(what + " sets limits of " + other + ": if that is a jail of jaild too, it takes them back there; better " +
             "say them in the rctl of " + other);
    }
    return all;
  }

  void take(const std::string& what, const HookLimits& limits) {
    if (limits.remove) {
      for (const RctlRule& rule : rules_) remark(what + " removes " + rule.text() + ", which is left out");
      rules_.clear();
    }
    for (const RctlRule& rule : limits.add) add_rule(rule);
    if (limits.cpuset) cpuset_ = limits.cpuset;
  }

  // In the hooks of a stop.
  bool only_removes_rules(const std::string& what, const std::string& command) {
    const HookReading reading = read_hook(command, declared_.name);
    const auto removes = [](const HookLimits& each) { return each.remove.has_value(); };
    if (!reading.whole || !std::ranges::all_of(reading.limits, removes)) return false;
    remark(what + " is left out: jaild removes the rules of a jail that has ended");
    return true;
  }

  // A later deny for the same resource and per replaces the one before, as in the kernel; of other actions the kernel
  // keeps each that is not the same altogether.
  void add_rule(const RctlRule& rule) {
    const auto same = std::ranges::find_if(rules_, [&](const RctlRule& other) { return rule.replaces(other); });
    if (same == rules_.end()) {
      rules_.push_back(rule);
      return;
    }
    if (same->amount() != rule.amount()) remark("rctl " + same->text() + " is replaced by " + rule.text());
    *same = rule;
  }

  void add_rules_of_file(std::string_view rctl_conf) {
    std::vector<std::string> wrong;
    for (const RctlRule& rule : rules_of_rctl_conf(rctl_conf, declared_.name, wrong)) {
      add_rule(rule);
      remark("rctl.conf " + rule.kernel_text(declared_.name) + " became rctl; take it out of rctl.conf");
    }
    for (const std::string& line : wrong) remark("rctl.conf \"" + line + "\" is no rule for a jail and is left out");
  }

  void add(const Note& note) {
    const std::size_t equals = std::min(note.text.find('='), note.text.size());
    std::string key = note.text.substr(0, equals);
    std::erase_if(key, [](char c) { return c == ' ' || c == '\t'; });
    if (!is_note_key(key)) {
      mistake(note.place, "a comment of jaild is #jaild: KEY = VALUE, where KEY is one of " + note_keys_text());
      return;
    }
    auto value = parse_json(std::string_view(note.text).substr(std::min(equals + 1, note.text.size())));
    if (!value) {
      mistake(note.place, key + ": " + value.error().message);
      return;
    }
    spec()[key] = std::move(*value);
    declared_.places["/spec/" + key] = text_of(note.place, files_);
  }

  // The main command stands in exec.start too, for jail(8); it was written there by us or it is not the same command.
  void finish_command() {
    if (!spec().contains("command") || !spec()["command"].is_string()) return;
    const std::string line = background_command(spec()["command"].get<std::string>());
    json* start = params().contains("exec.start") ? &params()["exec.start"] : nullptr;
    if (start != nullptr && !start->empty() && start->back() == line) {
      start->erase(start->size() - 1);
      if (start->empty()) params().erase("exec.start");
      return;
    }
    remark("the comment \"#jaild: command\" is left out: exec.start does not end with that command any more");
    spec().erase("command");
  }

  void finish_limits() {
    if (!rules_.empty()) {
      json& rules = spec()["rctl"] = json::array();
      for (const RctlRule& rule : rules_) rules.push_back(rule.text());
    }
    if (cpuset_) spec()["cpuset"] = cpuset_->text();
  }

  void check() {
    const auto document = parse_jail_document(declared_.body, "");
    // jail(8) takes any bytes. Changed ones would mean another root, another file.
    std::vector<FieldError> found = utf8_problems(declared_.body);
    if (!found.empty()) {
      for (FieldError& field : found) field.detail += "; jaild takes UTF-8 only";
    } else if (document) {
      Mistakes relations;
      check_relations(document->name, document->spec, "/spec", relations);
      found = relations.take();
    } else {
      found = document.error().fields;
      if (found.empty()) found.push_back({"", document.error().message});
    }
    for (const FieldError& field : found) mistakes_.push_back(declared_.located(field.pointer, field.detail));
  }

  const Jail& jail_;
  const std::vector<std::string>& files_;
  std::vector<std::string>& mistakes_;
  Declared declared_;
  std::vector<RctlRule> rules_;
  std::optional<CpuList> cpuset_;
  std::map<std::string, std::vector<std::string>> kept_;  // of the hooks of a start, what stays in them
};

}  // namespace

std::string Declared::located(std::string_view pointer, std::string_view detail) const {
  std::string_view inner = pointer;
  auto at = places.find(std::string(inner));
  while (at == places.end() && !inner.empty()) {
    const std::size_t slash = inner.rfind('/');
    inner = inner.substr(0, slash == std::string_view::npos ? 0 : slash);
    at = places.find(std::string(inner));
  }
  // "/spec/params/exec.start/0" reads better as exec.start.
  std::string_view what = pointer;
  for (const std::string_view prefix : {"/spec/params/", "/spec/", "/"}) {
    if (what.starts_with(prefix)) {
      what.remove_prefix(prefix.size());
      break;
    }
  }
  return (at == places.end() ? place : at->second) + ": error: jail " + name + ": " +
         (what.empty() ? "" : std::string(what) + ": ") + std::string(detail);
}

Declarations declare(const Configuration& configuration, std::string_view rctl_conf) {
  Declarations result;
  for (const Diagnostic& diagnostic : configuration.diagnostics) {
    const bool warning = diagnostic.severity == Severity::warning;
    (warning ? result.warnings : result.mistakes).push_back(to_text(diagnostic));
  }
  for (const Jail& jail : configuration.jails) {
    Declared declared = Builder(jail, configuration.files, result.mistakes).build(rctl_conf);
    if (!jail.failed) result.jails.push_back(std::move(declared));
  }
  return result;
}

}  // namespace jaild::jailconf
