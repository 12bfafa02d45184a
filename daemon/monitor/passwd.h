// passwd(5) and group(5), read without libc: inside a jail getpwnam(3) would load name service modules that the jail
// controls. Pure: text in, entry out.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jaild::monitor {

struct User {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
  std::string home = "/";
  std::string shell = "/bin/sh";
  std::vector<gid_t> groups;  // supplementary, the primary one first
  std::string login_class;    // of login.conf(5); "" for the default, and on Linux
};

// The entry of `name`, without groups. Malformed lines are skipped. Handles passwd (7 fields) only.
std::optional<User> find_user(std::string_view passwd, std::string_view name);
// The first entry with this uid.
std::optional<User> find_user(std::string_view passwd, uid_t uid);

// A decimal uid; nullopt: something else, or (uid_t)-1, which means "none" to the system.
std::optional<uid_t> parse_uid(std::string_view text);
// Who a uid without an entry is. Root is always found and a uid needs no entry, so that a jail without /etc/passwd can
// run commands too.
User bare_user(uid_t uid);

// `primary` and every group that lists `name`, at most `groups_max`.
constexpr std::size_t groups_max = 1024;
std::vector<gid_t> find_groups(std::string_view group, std::string_view name, gid_t primary);

}  // namespace jaild::monitor
