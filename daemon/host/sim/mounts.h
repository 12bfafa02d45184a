// The mount table of the simulated host (facts section 7), and which jails have their root where.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "api/contract/result.h"
#include "daemon/host/sim/observations.h"

namespace jaild::host::sim {

struct Mount {
  std::string path;
  std::string type;  // "nullfs", "devfs"...
  std::string source;
  std::string options;  // comma-separated
  std::string fsid;     // given by mount(), never used again
  Actor maker = Actor::jaild;
  std::string jail;  // the jail it was made for; "" none
  int inside = 0;    // not 0: made by a process of the jail with this jid
};

class Mounts {
 public:
  // `populated`: whether the jail of a jid has processes; they hold the mounts below its root open.
  explicit Mounts(std::function<bool(int jid)> populated) : populated_(std::move(populated)) {}

  // On top of what is there. Returns its fsid.
  std::string add(Mount mount);

  // The newest mount at `path` (EINVAL: none) or the one with this fsid (ENOENT: none). EBUSY: another mount is on top
  // of it or below it, the root of a jail lies on it, alive or dying, or processes of a jail hold it open; with `force`
  // only the first two count. Returns what was removed.
  Result<Mount> remove_at(const std::string& path, bool force);
  Result<Mount> remove_fsid(const std::string& fsid, bool force);

  [[nodiscard]] const Mount* newest_at(const std::string& path) const;
  [[nodiscard]] const Mount* by_fsid(const std::string& fsid) const;
  [[nodiscard]] std::vector<const Mount*> below(const std::string& path) const;  // `path` itself included
  [[nodiscard]] std::vector<std::string> paths() const;
  [[nodiscard]] const std::map<std::string, std::vector<Mount>>& all() const { return mounts_; }
  // The jails whose root is at `path` or above it, "/" left out.
  [[nodiscard]] std::vector<int> jails_around(const std::string& path) const;

  void root_added(const std::string& path, int jid) { roots_[path].push_back(jid); }
  void root_removed(const std::string& path, int jid);
  void renumbered(int from, int to);  // of a dying jail with mounts made inside

  void reboot();  // what jaild or a jail mounted is gone; what others mounted stands in fstab and is there again

 private:
  [[nodiscard]] bool holds_a_root(const Mount& mount) const;
  [[nodiscard]] const Mount* holding(std::string path) const;
  Result<Mount> remove(std::vector<Mount>& stack, std::size_t index, bool force);

  std::function<bool(int)> populated_;
  std::map<std::string, std::vector<Mount>> mounts_;  // by path, oldest first
  std::unordered_map<std::string, std::string> path_of_fsid_;
  std::map<std::string, std::vector<int>> roots_;
  std::uint64_t next_fsid_ = 1;
};

}  // namespace jaild::host::sim
