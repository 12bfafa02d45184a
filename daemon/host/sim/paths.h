// The directories and files of the simulated host.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>

namespace jaild::host::sim {

class Paths {
 public:
  // `all`: every absolute path exists, and files are read from the real disk; for `jaild --host sim`.
  explicit Paths(bool all) : all_(all) {}

  void add(const std::string& path) { known_[path] = true; }  // with everything below it
  void remove(const std::string& path) { known_[path] = false; }
  void add_file(const std::string& path, std::string content) { files_[path] = std::move(content); }
  void remove_file(const std::string& path) { files_.erase(path); }

  [[nodiscard]] bool exists(const std::string& path) const;
  // nullopt: there is no such file, or it is over a megabyte.
  [[nodiscard]] std::optional<std::string> read(const std::string& path) const;

 private:
  bool all_;
  std::unordered_map<std::string, bool> known_;
  std::map<std::string, std::string> files_;
};

}  // namespace jaild::host::sim
