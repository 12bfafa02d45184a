#include "daemon/host/sim/paths.h"

#include <fstream>

namespace jaild::host::sim {
namespace {

constexpr std::size_t file_max = 1024 * 1024;  // an fstab of 10,000 lines

std::optional<std::string> read_from_disk(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::string content(file_max + 1, '\0');
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  if (file.bad()) return std::nullopt;
  content.resize(static_cast<std::size_t>(file.gcount()));
  if (content.size() > file_max) return std::nullopt;
  return content;
}

}  // namespace

bool Paths::exists(const std::string& path) const {
  if (path.empty() || path.front() != '/') return false;
  if (all_ || path == "/" || files_.contains(path)) return true;
  // The nearest ancestor of which anything is known decides.
  for (std::string at = path; at.size() > 1;) {
    const auto found = known_.find(at);
    if (found != known_.end()) return found->second;
    at.resize(at.rfind('/'));
  }
  return false;
}

std::optional<std::string> Paths::read(const std::string& path) const {
  const auto found = files_.find(path);
  if (found != files_.end()) return found->second;
  return all_ ? read_from_disk(path) : std::nullopt;
}

}  // namespace jaild::host::sim
