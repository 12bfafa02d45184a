#include "daemon/reload.h"

#include <algorithm>
#include <array>

#include "daemon/log.h"

namespace jaild {
namespace {

constexpr std::array<std::string_view, 5> live_settings{"log_level", "parallel_starts", "start_timeout", "stop_timeout",
                                                        "shutdown_timeout"};

}  // namespace

std::vector<SettingChange> changed_settings(const DaemonOptions& present, const DaemonOptions& wanted) {
  std::vector<SettingChange> changes;
  for (const auto& [name, value] : wanted.settings) {
    const auto before = present.settings.find(name);
    if (before != present.settings.end() && before->second == value) continue;
    changes.push_back({name, value, std::ranges::find(live_settings, name) != live_settings.end()});
  }
  return changes;
}

void reload(DaemonOptions& present, const ApplyLive& apply_live) {
  const auto parsed = parse_command_line(present.arguments);
  if (const auto* wrong = std::get_if<EarlyExit>(&parsed)) {
    log_warning("reload changed nothing error=" + log_value(wrong->text));
    return;
  }
  const auto& wanted = std::get<DaemonOptions>(parsed);
  bool live = false;
  for (const SettingChange& change : changed_settings(present, wanted)) {
    const std::string text = "setting=" + change.name + " value=" + log_value(change.value);
    if (change.live) {
      log_info("reload " + text);
      present.settings[change.name] = change.value;
    } else {
      log_warning("reload: takes effect at the next start of jaild, which leaves jails alone: " + text);
    }
    live = live || change.live;
  }
  present.log_level = wanted.log_level;
  present.parallel_starts = wanted.parallel_starts;
  present.start_timeout = wanted.start_timeout;
  present.stop_timeout = wanted.stop_timeout;
  present.shutdown_timeout = wanted.shutdown_timeout;
  if (live) apply_live(present);
  log_info("reload done file=" + log_value(present.config.string()));
}

}  // namespace jaild
