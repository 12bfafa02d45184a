#include "daemon/host/sim/mounts.h"

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "daemon/host/sim/refusal.h"

namespace jaild::host::sim {
namespace {

// Calls `each` for `path` and all directories above it but "/", nearest first, until it returns true.
template <class Each>
bool any_upwards(std::string path, Each each) {
  while (path.size() > 1) {
    if (each(path)) return true;
    path.resize(path.rfind('/'));
  }
  return false;
}

bool lies_below(const std::string& path, const std::string& directory) {
  return path.size() > directory.size() && path.starts_with(directory) && path[directory.size()] == '/';
}

}  // namespace

std::string Mounts::add(Mount mount) {
  mount.fsid = "FSID:" + std::to_string(next_fsid_++) + ":0";
  path_of_fsid_[mount.fsid] = mount.path;
  std::string fsid = mount.fsid;
  mounts_[mount.path].push_back(std::move(mount));
  return fsid;
}

const Mount* Mounts::newest_at(const std::string& path) const {
  const auto found = mounts_.find(path);
  return found == mounts_.end() ? nullptr : &found->second.back();
}

const Mount* Mounts::by_fsid(const std::string& fsid) const {
  const auto path = path_of_fsid_.find(fsid);
  if (path == path_of_fsid_.end()) return nullptr;
  for (const Mount& each : mounts_.at(path->second)) {
    if (each.fsid == fsid) return &each;
  }
  return nullptr;
}

std::vector<const Mount*> Mounts::below(const std::string& path) const {
  std::vector<const Mount*> found;
  const auto take = [&](const std::vector<Mount>& stack) {
    for (const Mount& each : stack) found.push_back(&each);
  };
  if (const auto at = mounts_.find(path); at != mounts_.end()) take(at->second);
  for (auto at = mounts_.lower_bound(path + "/"); at != mounts_.end() && lies_below(at->first, path); ++at) {
    take(at->second);
  }
  return found;
}

std::vector<std::string> Mounts::paths() const {
  std::vector<std::string> paths;
  paths.reserve(mounts_.size());
  for (const auto& [path, stack] : mounts_) paths.insert(paths.end(), stack.size(), path);
  return paths;
}

std::vector<int> Mounts::jails_around(const std::string& path) const {
  std::vector<int> jids;
  any_upwards(path, [&](const std::string& at) {
    const auto found = roots_.find(at);
    if (found != roots_.end()) jids.insert(jids.end(), found->second.begin(), found->second.end());
    return false;
  });
  return jids;
}

void Mounts::root_removed(const std::string& path, int jid) {
  const auto found = roots_.find(path);
  if (found == roots_.end()) return;
  std::erase(found->second, jid);
  if (found->second.empty()) roots_.erase(found);
}

void Mounts::renumbered(int from, int to) {
  for (auto& [path, stack] : mounts_) {
    for (Mount& each : stack) {
      if (each.inside == from) each.inside = to;
    }
  }
}

// The mount on which `path` lies; nullptr: the host's own root.
const Mount* Mounts::holding(std::string path) const {
  const Mount* found = nullptr;
  any_upwards(std::move(path), [&](const std::string& at) {
    found = newest_at(at);
    return found != nullptr;
  });
  return found;
}

bool Mounts::holds_a_root(const Mount& mount) const {
  if (roots_.contains(mount.path) && newest_at(mount.path) == &mount) return true;
  for (auto at = roots_.lower_bound(mount.path + "/"); at != roots_.end() && lies_below(at->first, mount.path); ++at) {
    if (holding(at->first) == &mount) return true;
  }
  return false;
}

Result<Mount> Mounts::remove_at(const std::string& path, bool force) {
  const auto found = mounts_.find(path);
  if (found == mounts_.end()) return refuse(EINVAL, "unmount " + path);
  return remove(found->second, found->second.size() - 1, force);
}

Result<Mount> Mounts::remove_fsid(const std::string& fsid, bool force) {
  const Mount* mount = by_fsid(fsid);
  if (mount == nullptr) return refuse(ENOENT, "unmount " + fsid);
  auto& stack = mounts_.at(mount->path);
  return remove(stack, static_cast<std::size_t>(mount - stack.data()), force);
}

Result<Mount> Mounts::remove(std::vector<Mount>& stack, std::size_t index, bool force) {
  const Mount& mount = stack[index];
  const std::string path = mount.path;
  if (index + 1 < stack.size()) return refuse(EBUSY, "unmount " + path + ", another mount is on top of it");
  const auto next = mounts_.lower_bound(path + "/");
  if (next != mounts_.end() && lies_below(next->first, path)) {
    return refuse(EBUSY, "unmount " + path + ", " + next->first + " is mounted below it");
  }
  if (!force) {
    if (holds_a_root(mount)) return refuse(EBUSY, "unmount " + path + ", the root of a jail lies on it");
    const auto jids = jails_around(path);
    if (std::any_of(jids.begin(), jids.end(), populated_)) {
      return refuse(EBUSY, "unmount " + path + ", processes of a jail have files open on it");
    }
  }
  Mount removed = std::move(stack[index]);
  stack.erase(stack.begin() + static_cast<std::ptrdiff_t>(index));
  if (stack.empty()) mounts_.erase(path);
  path_of_fsid_.erase(removed.fsid);
  return removed;
}

void Mounts::reboot() {
  roots_.clear();
  path_of_fsid_.clear();
  for (auto at = mounts_.begin(); at != mounts_.end();) {
    std::erase_if(at->second, [](const Mount& each) { return each.maker == Actor::jaild || each.inside != 0; });
    for (const Mount& each : at->second) path_of_fsid_[each.fsid] = each.path;
    at = at->second.empty() ? mounts_.erase(at) : std::next(at);
  }
}

}  // namespace jaild::host::sim
