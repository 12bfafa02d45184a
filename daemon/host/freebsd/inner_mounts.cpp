#include "daemon/host/freebsd/inner_mounts.h"

#include <sys/param.h>  // before the others, which use its types

#include <sys/mount.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <set>
#include <string>
#include <vector>

#include "daemon/host/freebsd/forked.h"
#include "daemon/host/freebsd/jail_calls.h"
#include "daemon/host/freebsd/mount_point.h"
#include "daemon/host/freebsd/mounts.h"

namespace jaild::host {
namespace {

struct Found {
  std::vector<std::string> ids;  // the last mounted first, as unmount(2) takes them
  std::set<std::string> types;
};

Found mounted_by_others(const std::string& root, const SharedMounts& shared) {
  Found found;
  const auto list = mounted_file_systems();
  for (auto each = list.rbegin(); each != list.rend(); ++each) {
    const std::string place = each->f_mntonname;
    const std::string id = std::to_string(each->f_fsid.val[0]) + ":" + std::to_string(each->f_fsid.val[1]);
    if (place == root || !is_below(root, place) || shared.made(id, place)) continue;
    found.ids.push_back("FSID:" + id);
    found.types.insert(each->f_fstypename);
  }
  return found;
}

// Whether nobody is left. New ones may come while the old ones are told.
bool end_processes(int jid) {
  const auto done = in_jail(jid, "end the processes of the jail", 1, [](int answer) {
    constexpr int rounds = 1000;
    constexpr timespec moment{0, 5'000'000};
    for (int i = 0; i < rounds; ++i) {
      if (::kill(-1, SIGKILL) != 0 && errno == ESRCH) {
        [[maybe_unused]] const auto wrote = ::write(answer, "0", 1);
        return;
      }
      ::nanosleep(&moment, nullptr);
    }
  });
  return done && *done == "0";
}

// From inside the jail the kernel itself tells whose a mount is: what was mounted outside is refused.
void unmount_inside(int jid, const std::vector<std::string>& ids) {
  [[maybe_unused]] const auto done = in_jail(jid, "unmount what the jail mounted", 0, [&](int) {
    for (const std::string& id : ids) ::unmount(id.c_str(), MNT_BYFSID | MNT_FORCE);
  });
}

void let_mount(const ParamCatalog& catalog, int jid, const std::set<std::string>& types) {
  const auto set = [&](const std::map<std::string, ParamValue>& params) {
    [[maybe_unused]] const auto done = update_jail(catalog, jid, params);  // a parent jail may lack the right itself
  };
  set({{"allow.mount", true}, {"enforce_statfs", std::int64_t{1}}});
  for (const std::string& type : types) {
    const std::string right = "allow.mount." + type;
    if (catalog.find_now(right)) set({{right, true}});
  }
}

}  // namespace

void unmount_inner(const ParamCatalog& catalog, const core::JailKey& key, const SharedMounts& shared) {
  const auto root = root_of_jail(key.name, key.jid);
  if (!root) return;
  if (mounted_by_others(*root, shared).ids.empty()) return;
  if (!end_processes(key.jid)) return;
  unmount_inside(key.jid, mounted_by_others(*root, shared).ids);
  const Found left = mounted_by_others(*root, shared);
  if (left.ids.empty()) return;
  let_mount(catalog, key.jid, left.types);
  unmount_inside(key.jid, left.ids);
}

}  // namespace jaild::host
