#include "api/jailconf/spec_text.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "api/contract/json.h"
#include "api/jailconf/escapes.h"

namespace jaild::jailconf {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 6> note_keys{"command", "restart", "health", "autostart", "priority", "labels"};

// A command with one of these goes to the shell (usr.sbin/jail/command.c).
constexpr std::string_view shell_characters = "!\"$&'()*;<>?[\\]`{|}~";

class Writer {
 public:
  explicit Writer(const std::string& name) : text_(quote_value(name) + " {\n") {}

  void flag(const std::string& name, bool on) { line(quote_value(name) + (on ? ";" : " = false;")); }
  void value(const std::string& name, const std::string& text) {
    line(quote_value(name) + " = " + in_quotes(text) + ";");
  }
  // The first replaces, the others are added: one line each, which reads better than one long list.
  void list(const std::string& name, const std::vector<std::string>& entries) {
    if (entries.empty()) line(quote_value(name) + ";");
    for (std::size_t at = 0; at < entries.size(); ++at) {
      line(quote_value(name) + (at == 0 ? " = " : " += ") + in_quotes(entries[at]) + ";");
    }
  }
  void note(const std::string& key, const json& value) { line("#jaild: " + key + " = " + jaild::to_text(value)); }
  std::string finish() { return std::move(text_) + "}\n"; }

 private:
  void line(const std::string& text) { text_ += "\t" + text + "\n"; }
  // Values are quoted even where they need not be, as in the examples of jail.conf(5).
  static std::string in_quotes(const std::string& text) {
    std::string quoted = quote_value(text);
    return quoted.starts_with('"') ? quoted : '"' + quoted + '"';
  }

  std::string text_;
};

void write_param(Writer& writer, const std::string& name, const ParamValue& value) {
  if (const auto* on = std::get_if<bool>(&value)) {
    writer.flag(name, *on);
  } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
    writer.value(name, std::to_string(*number));
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    writer.value(name, *text);
  } else {
    writer.list(name, std::get<std::vector<std::string>>(value));
  }
}

std::vector<std::string> created_commands(const std::string& name, const JailSpec& spec) {
  std::vector<std::string> commands;
  for (const RctlRule& rule : spec.rctl) commands.push_back("rctl -a jail:" + name + ":" + rule.text());
  if (spec.cpuset) commands.push_back("cpuset -l " + spec.cpuset->text() + " -j " + name);
  return commands;
}

void append(std::vector<std::string>& list, const std::vector<std::string>& more) {
  list.insert(list.end(), more.begin(), more.end());
}

// The parameters as jail(8) is to see them: with the limits, the CPUs and the main command among the hooks.
std::map<std::string, ParamValue> params_for_jail(const std::string& name, const JailSpec& spec) {
  std::map<std::string, ParamValue> params = spec.params;
  if (std::vector<std::string> commands = created_commands(name, spec); !commands.empty()) {
    append(commands, spec.list("exec.created"));
    params["exec.created"] = std::move(commands);
  }
  if (!spec.rctl.empty()) {
    std::vector<std::string> commands = spec.list("exec.release");
    commands.push_back("rctl -r jail:" + name);
    params["exec.release"] = std::move(commands);
  }
  if (spec.command) {
    std::vector<std::string> commands = spec.list("exec.start");
    commands.push_back(background_command(*spec.command));
    params["exec.start"] = std::move(commands);
  }
  return params;
}

}  // namespace

bool is_note_key(std::string_view key) {
  return std::ranges::find(note_keys, key) != note_keys.end();
}

std::string note_keys_text() {
  std::string text;
  for (const std::string_view key : note_keys) text += (text.empty() ? "" : ", ") + std::string(key);
  return text;
}

std::string background_command(const std::string& command) {
  if (command.find_first_of(shell_characters) == std::string::npos) return command + " &";
  return "(" + command + "\n) &";
}

std::string spec_text(const std::string& name, const JailSpec& spec) {
  Writer writer(name);
  for (const auto& [param, value] : params_for_jail(name, spec)) write_param(writer, param, value);
  const json whole = to_json(spec);
  const json ordinary = to_json(JailSpec{});
  for (const std::string_view key : note_keys) {
    const std::string member(key);
    if (!whole.contains(member)) continue;
    if (ordinary.contains(member) && ordinary[member] == whole[member]) continue;
    writer.note(member, whole[member]);
  }
  return writer.finish();
}

}  // namespace jaild::jailconf
