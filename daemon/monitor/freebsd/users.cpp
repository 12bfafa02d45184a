#include "daemon/monitor/users.h"

#include <sys/param.h>  // before the others, which use its types

#include <dlfcn.h>
#include <grp.h>
#include <login_cap.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "daemon/monitor/file_record.h"
#include "daemon/monitor/freebsd/login_class.h"
#include "daemon/monitor/name_service.h"

extern char** environ;

namespace jaild::monitor {
namespace {

struct LoginClasses {
  decltype(&::login_getpwclass) get = nullptr;
  decltype(&::login_close) close = nullptr;
  decltype(&::setusercontext) apply = nullptr;
};
// Loaded once at the start, read in children: there is no object that both could be handed.
LoginClasses login_classes;

template <class Function>
bool find_function(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

const passwd* find_entry(const std::string& name) {
  if (name.empty()) return ::getpwuid(0);
  const passwd* entry = ::getpwnam(name.c_str());
  const auto uid = parse_uid(name);
  return entry == nullptr && uid ? ::getpwuid(*uid) : entry;
}

void set_environ(const Environment& environment) {
  static char* empty = nullptr;
  environ = &empty;
  for (const std::string& entry : environment) {
    const std::size_t equals = entry.find('=');
    if (equals != std::string::npos) ::setenv(entry.substr(0, equals).c_str(), entry.c_str() + equals + 1, 1);
  }
}

}  // namespace

Result<void> load_login_classes() {
  for (const char* name : {"libutil.so.10", "libutil.so.9"}) {
    void* library = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) continue;
    if (find_function(library, "login_getpwclass", login_classes.get) &&
        find_function(library, "login_close", login_classes.close) &&
        find_function(library, "setusercontext", login_classes.apply)) {
      return {};
    }
  }
  return Fail(Kind::missing, "libutil cannot be loaded");
}

Result<User> look_up_user(const std::string& name, UserSource /*source*/) {
  // One look-up for both: before jail_attach(2) it reads the host's files, after it the jail's.
  const passwd* entry = find_entry(name);
  const auto uid = name.empty() ? std::optional<uid_t>(0) : parse_uid(name);
  if (entry == nullptr && !uid) return Fail(Kind::missing, "no user \"" + name + "\"");
  if (entry == nullptr) return bare_user(*uid);
  auto user = user_of(*entry);
  if (user && entry->pw_class != nullptr) user->login_class = entry->pw_class;
  return user;
}

Result<void> apply_login_class(const User& user, bool full, Environment& environment) {
  // Made of what was found, not looked up once more: with exec.system_jail_user the jail need not know the user.
  User copy = user;
  passwd entry{};
  entry.pw_name = copy.name.data();
  entry.pw_uid = copy.uid;
  entry.pw_gid = copy.gid;
  entry.pw_class = copy.login_class.data();
  entry.pw_dir = copy.home.data();
  entry.pw_shell = copy.shell.data();
  // Groups and uid are become()'s; setlogin(2) is left alone as jail(8) leaves it.
  constexpr unsigned not_ours = LOGIN_SETGROUP | LOGIN_SETLOGIN | LOGIN_SETUSER;
  const unsigned what = full ? LOGIN_SETALL & ~not_ours : LOGIN_SETPATH | LOGIN_SETENV;
  set_environ(environment);
  login_cap_t* login_class = login_classes.get(&entry);
  const int applied = login_classes.apply(login_class, &entry, user.uid, what);
  const int apply_errno = errno;
  login_classes.close(login_class);
  if (applied != 0) return FailErrno(Kind::host_refused, "login class of " + user.name, apply_errno);
  environment.clear();
  for (char** variable = environ; *variable != nullptr; ++variable) environment.emplace_back(*variable);
  return {};
}

Result<void> become(const User& user) {
  if (::setgroups(static_cast<int>(user.groups.size()), user.groups.data()) != 0) {
    return FailErrno(Kind::host_refused, "groups of " + user.name, errno);
  }
  if (::setresgid(user.gid, user.gid, user.gid) != 0 || ::setresuid(user.uid, user.uid, user.uid) != 0) {
    return FailErrno(Kind::host_refused, "become " + user.name, errno);
  }
  return {};
}

}  // namespace jaild::monitor
