// jaild.conf(5): every long option of jaild is a setting, with "_" where the option has "-", in the grammar of
// jail.conf(5). So an option that is added to daemon/options.cpp is a setting too.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "api/jailconf/files.h"

namespace CLI {
class App;
}

namespace jaild {

// The type name of options that hold a path. In the file it must be absolute: a daemon has no working directory that
// its administrator would know.
constexpr const char* path_type = "PATH";

// What was wrong with a file, each as "FILE:3:1: error: what"; nothing was applied unless `mistakes` is empty.
struct ConfigFileReport {
  std::vector<std::string> mistakes;
  std::vector<std::string> warnings;
};

// Gives the settings of `path` to those options of `app` that have no value yet. `app` has parsed its command line.
ConfigFileReport apply_config_file(CLI::App& app, const std::string& path, jailconf::Files& files);

// The host's files, as far as a daemon that runs as root may believe them: of its own user or root, and not to be
// written by others.
class TrustedFiles : public jailconf::DiskFiles {
 public:
  Result<std::string> read(const std::string& path, std::size_t most) override;
};

}  // namespace jaild
