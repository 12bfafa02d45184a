#include "api/jailconf/declare.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "api/contract/json.h"
#include "api/contract/mistakes.h"
#include "api/contract/param_table.h"
#include "api/contract/spec_rules.h"
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

bool is_hook(std::string_view name) {
  return name == "exec.created" || name == "exec.poststart" || name == "exec.prestop" || name == "exec.poststop" ||
         name == "exec.release" || name == "exec.prestart" || name == "exec.prepare";
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
    std::vector<std::string> rest;
    for (const std::string& value : setting.values) {
      if (!is_hook(setting.name) || !take_limits(setting.name, value)) rest.push_back(value);
    }
    if (setting.name == "depend") declared_.depends = rest;
    if (!rest.empty() || setting.values.empty()) put(setting, rest);
  }

  // Whether the command only set limits, which are the spec's own now.
  bool take_limits(const std::string& hook, const std::string& command) {
    auto limits = limits_of_command(command, declared_.name);
    if (!limits) return false;
    const bool setting = hook == "exec.created" || hook == "exec.poststart";
    if (limits->remove) {
      if (setting) return false;  // clearing the table before filling it anew: leave the order to the user
      remark(hook + " \"" + command + "\" is left out: jaild removes the rules of a jail that has ended");
      return true;
    }
    if (!setting) return false;
    for (const RctlRule& rule : limits->add) add_rule(rule);
    if (limits->cpuset) cpuset_ = limits->cpuset;
    remark(hook + " \"" + command + "\" became " + (limits->cpuset ? "cpuset" : "rctl") +
           ", which is in force before the jail's first process runs");
    return true;
  }

  // The later rule for the same resource, action and per holds, as in the kernel for deny.
  void add_rule(const RctlRule& rule) {
    const auto same = std::ranges::find_if(rules_, [&](const RctlRule& other) {
      return other.resource() == rule.resource() && other.action() == rule.action() && other.per() == rule.per();
    });
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
    std::vector<FieldError> found;
    if (document) {
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
