#include "daemon/host/sim/paths.h"

#include <utility>

#include "daemon/host/user_file.h"

namespace jaild::host::sim {
namespace {

constexpr std::size_t file_max = 1024 * 1024;  // an fstab of 10,000 lines

std::optional<std::string> read_from_disk(const std::string& path) {
  auto content = read_user_file(path, "file", [](const std::string&) { return false; }, file_max);
  return content ? std::optional(std::move(*content)) : std::nullopt;
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
