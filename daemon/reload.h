// SIGHUP: the configuration is read again.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "daemon/options.h"

namespace jaild {

struct SettingChange {
  std::string name;  // as jaild.conf spells it
  std::string value;
  bool live = false;  // in force at once; the others wait for the next jaild
};

// What differs between two readings of command line and file, by name.
std::vector<SettingChange> changed_settings(const DaemonOptions& present, const DaemonOptions& wanted);

using ApplyLive = std::function<void(const DaemonOptions&)>;

// Reads command line and file of `present` again and logs what changed, what waits for the next jaild, or each mistake;
// then nothing changes. Hands the new options to `apply_live` when there is something that is in force at once.
void reload(DaemonOptions& present, const ApplyLive& apply_live);

}  // namespace jaild
