#include "daemon/monitor/name_service.h"

#include <grp.h>
#include <unistd.h>

#include <array>

namespace jaild::monitor {

Result<User> user_of(const passwd& entry) {
  User user;
  user.name = entry.pw_name;
  user.uid = entry.pw_uid;
  user.gid = entry.pw_gid;
  if (*entry.pw_dir != '\0') user.home = entry.pw_dir;
  if (*entry.pw_shell != '\0') user.shell = entry.pw_shell;
  std::array<gid_t, groups_max> groups{};
  int count = groups.size();
  if (::getgrouplist(user.name.c_str(), user.gid, groups.data(), &count) < 0) {
    return Fail(Kind::host_refused, "user " + user.name + " is in too many groups");
  }
  user.groups.assign(groups.begin(), groups.begin() + count);
  return user;
}

}  // namespace jaild::monitor
