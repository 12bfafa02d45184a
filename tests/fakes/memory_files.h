// Files of a jail.conf that exist in memory only.
#pragma once

#include <fnmatch.h>

#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "api/jailconf/files.h"

namespace jaild::test {

class MemoryFiles : public jailconf::Files {
 public:
  MemoryFiles() = default;
  MemoryFiles(std::initializer_list<std::pair<const std::string, std::string>> files) : files_(files) {}
  explicit MemoryFiles(std::map<std::string, std::string> files) : files_(std::move(files)) {}

  Result<std::string> read(const std::string& path, std::size_t most) override {
    const auto at = files_.find(path);
    if (at == files_.end()) return Fail(Kind::missing, path + ": No such file or directory");
    if (at->second.size() > most) return Fail(Kind::too_large, path + " is too large");
    return at->second;
  }

  Result<std::vector<std::string>> glob(const std::string& pattern, std::size_t most) override {
    std::vector<std::string> paths;
    for (const auto& [path, text] : files_) {
      if (::fnmatch(pattern.c_str(), path.c_str(), FNM_PATHNAME) == 0) paths.push_back(path);
    }
    if (paths.size() > most) return Fail(Kind::too_large, pattern + " matches too many");
    return paths;
  }

 private:
  std::map<std::string, std::string> files_;
};

}  // namespace jaild::test
