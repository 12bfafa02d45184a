#include "daemon/monitor/users.h"

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>

#include "daemon/monitor/file_record.h"
#include "daemon/monitor/name_service.h"

namespace jaild::monitor {
namespace {

Result<User> from_jail_files(const std::string& name) {
  constexpr std::size_t size_max = 1024 * 1024;
  const auto passwd = read_small_file("/etc/passwd", size_max);
  const auto uid = name.empty() ? std::optional<uid_t>(0) : parse_uid(name);
  const std::string_view text = passwd ? std::string_view(*passwd) : std::string_view();
  auto user = uid ? find_user(text, *uid) : find_user(text, name);
  if (!user && uid) user = bare_user(*uid);
  if (!user) return Fail(Kind::missing, "no user \"" + name + "\" in the jail's /etc/passwd");
  const auto group = read_small_file("/etc/group", size_max);
  user->groups = find_groups(group ? std::string_view(*group) : std::string_view(), user->name, user->gid);
  return *user;
}

Result<User> from_name_service(const std::string& name) {
  const auto uid = name.empty() ? std::optional<uid_t>(0) : parse_uid(name);
  const passwd* entry = uid ? ::getpwuid(*uid) : ::getpwnam(name.c_str());
  if (entry == nullptr && uid) return bare_user(*uid);
  if (entry == nullptr) return Fail(Kind::missing, "no user \"" + name + "\" on the host");
  return user_of(*entry);
}

}  // namespace

Result<User> look_up_user(const std::string& name, UserSource source) {
  switch (source) {
    case UserSource::host: return from_name_service(name);
    case UserSource::jail: return from_jail_files(name);
  }
  return Fail(Kind::internal, "no such source");
}

Result<void> apply_login_class(const User& /*user*/, bool /*full*/, Environment& /*environment*/) {
  return {};  // Linux has none
}

Result<void> become(const User& user) {
  if (::setgroups(user.groups.size(), user.groups.data()) != 0) {
    return FailErrno(Kind::host_refused, "groups of " + user.name, errno);
  }
  if (::setresgid(user.gid, user.gid, user.gid) != 0 || ::setresuid(user.uid, user.uid, user.uid) != 0) {
    return FailErrno(Kind::host_refused, "become " + user.name, errno);
  }
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);  // the change of user may have undone it
  return {};
}

}  // namespace jaild::monitor
