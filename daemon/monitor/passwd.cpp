#include "daemon/monitor/passwd.h"

#include <algorithm>
#include <charconv>

namespace jaild::monitor {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

template <class Id>
std::optional<Id> parse_id(std::string_view text) {
  Id id = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  // -1 means "leave as it is" to setuid(2) and its kind.
  if (text.empty() || error != std::errc() || stop != text.data() + text.size() || id == static_cast<Id>(-1)) {
    return std::nullopt;
  }
  return id;
}

std::optional<User> parse_user(std::string_view line) {
  const auto fields = split(line, ':');
  if (fields.size() != 7 || fields[0].empty()) return std::nullopt;
  const auto uid = parse_id<uid_t>(fields[2]);
  const auto gid = parse_id<gid_t>(fields[3]);
  if (!uid || !gid) return std::nullopt;
  User user;
  user.name = fields[0];
  user.uid = *uid;
  user.gid = *gid;
  if (!fields[5].empty()) user.home = fields[5];
  if (!fields[6].empty()) user.shell = fields[6];
  return user;
}

template <class Wanted>
std::optional<User> find_first(std::string_view passwd, const Wanted& wanted) {
  for (const auto line : split(passwd, '\n')) {
    auto user = parse_user(line);
    if (user && wanted(*user)) return user;
  }
  return std::nullopt;
}

}  // namespace

std::optional<User> find_user(std::string_view passwd, std::string_view name) {
  return find_first(passwd, [name](const User& user) { return user.name == name; });
}

std::optional<User> find_user(std::string_view passwd, uid_t uid) {
  return find_first(passwd, [uid](const User& user) { return user.uid == uid; });
}

std::optional<uid_t> parse_uid(std::string_view text) {
  return parse_id<uid_t>(text);
}

User bare_user(uid_t uid) {
  User user;
  user.name = uid == 0 ? "root" : std::to_string(uid);
  user.uid = uid;
  user.gid = uid;
  user.groups = {user.gid};
  return user;
}

std::vector<gid_t> find_groups(std::string_view group, std::string_view name, gid_t primary) {
  std::vector<gid_t> groups{primary};
  for (const auto line : split(group, '\n')) {
    const auto fields = split(line, ':');
    if (fields.size() != 4) continue;
    const auto gid = parse_id<gid_t>(fields[2]);
    if (!gid || groups.size() == groups_max || std::ranges::count(groups, *gid) != 0) continue;
    const auto members = split(fields[3], ',');
    if (std::ranges::find(members, name) != members.end()) groups.push_back(*gid);
  }
  return groups;
}

}  // namespace jaild::monitor
