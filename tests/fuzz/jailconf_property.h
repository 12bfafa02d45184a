// What must hold for any bytes read as a jail.conf; shared by the fuzz target and the unit test that mutates our
// samples.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "api/jailconf/declare.h"
#include "api/jailconf/escapes.h"
#include "api/jailconf/option_name.h"
#include "tests/fakes/memory_files.h"

namespace jaild::test {

// A line "#file PATH" begins the next file; the text before the first is /jail.conf.
inline std::map<std::string, std::string> split(std::string_view text) {
  constexpr std::string_view mark = "\n#file ";
  std::map<std::string, std::string> files;
  std::string name = "/jail.conf";
  for (;;) {
    const std::size_t end = text.find(mark);
    files[name] = text.substr(0, end);
    if (end == std::string_view::npos) return files;
    text.remove_prefix(end + mark.size());
    const std::size_t line = std::min(text.find('\n'), text.size());
    name = "/" + std::string(text.substr(0, line));
    text.remove_prefix(line);
  }
}

inline std::string written(const jailconf::Configuration& configuration) {
  std::string text;
  for (const jailconf::Jail& jail : configuration.jails) {
    text += jailconf::quote_value(jail.block) + " {\n";
    for (const jailconf::Setting& setting : jail.settings) {
      const bool named = setting.name == "name" && jailconf::is_jid(jail.block) && jail.name() != jail.block;
      if ((setting.name == "name" && !named) || setting.name == "jid" || setting.name.empty()) continue;
      text += jailconf::quote_value(setting.name);
      for (std::size_t at = 0; at < setting.values.size(); ++at) {
        text += (at == 0 ? " = " : ", ") + jailconf::quote_value(setting.values[at]);
      }
      text += ";\n";
    }
    text += "}\n";
  }
  return text;
}

// "" or what does not hold: it is read within its bounds, a refusal says why, and what was read survives being written
// and read again.
inline std::string jailconf_complaint(std::string_view input) {
  jailconf::Limits limits;
  limits.jail_bytes = limits.expanded_bytes = std::size_t{1} << 18;
  limits.merged = 20'000;
  MemoryFiles files(split(input));
  const jailconf::Configuration first = jailconf::read_configuration("/jail.conf", files, limits);
  static_cast<void>(jailconf::read_settings("/jail.conf", files, limits));
  if (!first.ok()) return first.diagnostics.empty() ? "refused without a reason" : "";
  const jailconf::Declarations declared = jailconf::declare(first);
  if (declared.jails.size() != first.jails.size()) return "a jail is lost";
  MemoryFiles again({{"/jail.conf", written(first)}});
  const jailconf::Configuration second = jailconf::read_configuration("/jail.conf", again);
  if (!second.ok()) return "what was written is refused: " + to_text(second.diagnostics.front());
  return written(second) == written(first) ? "" : "what was written is read differently";
}

}  // namespace jaild::test
