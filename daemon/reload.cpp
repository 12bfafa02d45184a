#include "daemon/reload.h"

#include <algorithm>
#include <array>

#include "daemon/log.h"

namespace jaild {
namespace {

// What a reload brings into force, and how: the rest of DaemonOptions stays what this jaild started with.
struct LiveSetting {
  std::string_view name;
  void (*take)(DaemonOptions& present, const DaemonOptions& wanted);
};

constexpr std::array live_settings{
    LiveSetting{"log_level", [](DaemonOptions& to, const DaemonOptions& from) { to.log_level = from.log_level; }},
    LiveSetting{"parallel_starts",
                [](DaemonOptions& to, const DaemonOptions& from) { to.parallel_starts = from.parallel_starts; }},
    LiveSetting{"start_timeout",
                [](DaemonOptions& to, const DaemonOptions& from) { to.start_timeout = from.start_timeout; }},
    LiveSetting{"stop_timeout",
                [](DaemonOptions& to, const DaemonOptions& from) { to.stop_timeout = from.stop_timeout; }},
    LiveSetting{"shutdown_timeout",
                [](DaemonOptions& to, const DaemonOptions& from) { to.shutdown_timeout = from.shutdown_timeout; }},
};

bool is_live(std::string_view name) {
  return std::ranges::find(live_settings, name, &LiveSetting::name) != live_settings.end();
}

}  // namespace

std::vector<SettingChange> changed_settings(const DaemonOptions& present, const DaemonOptions& wanted) {
  std::vector<SettingChange> changes;
  for (const auto& [name, value] : wanted.settings) {
    const auto before = present.settings.find(name);
    if (before != present.settings.end() && before->second == value) continue;
    changes.push_back({name, value, is_live(name)});
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
  for (const LiveSetting& setting : live_settings) setting.take(present, wanted);
  if (live) apply_live(present);
  log_info("reload done file=" + log_value(present.config.string()));
}

}  // namespace jaild
