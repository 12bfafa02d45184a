#include "daemon/roles.h"

#include <charconv>
#include <optional>

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

namespace jaild {
namespace {

std::optional<std::uint32_t> number(const std::string& text) {
  std::uint32_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

Result<std::uint32_t> resolve_user(const std::string& name) {
  if (const auto id = number(name)) return *id;
  const passwd* entry = getpwnam(name.c_str());  // before there are threads that could ask too
  if (entry == nullptr) return Fail(Kind::invalid, "there is no user " + name);
  return entry->pw_uid;
}

Result<server::Members> resolve(const std::string& role, const MemberNames& names) {
  server::Members members;
  for (const std::string& name : names.users) {
    const Result<std::uint32_t> id = resolve_user(name);
    if (!id) return Fail(id.error().in("--" + role + "-user"));
    members.users.insert(*id);
  }
  for (const std::string& name : names.groups) {
    const Result<std::uint32_t> id = resolve_group(name);
    if (!id) return Fail(id.error().in("--" + role + "-group"));
    members.groups.insert(*id);
  }
  return members;
}

}  // namespace

Result<std::uint32_t> resolve_group(const std::string& name) {
  if (const auto id = number(name)) return *id;
  const group* entry = getgrnam(name.c_str());
  if (entry == nullptr) return Fail(Kind::invalid, "there is no group " + name);
  return entry->gr_gid;
}

Result<server::Access> resolve_roles(const RoleOptions& roles) {
  auto viewer = resolve("viewer", roles.viewer);
  if (!viewer) return Fail(viewer.error());
  auto operator_ = resolve("operator", roles.operator_);
  if (!operator_) return Fail(operator_.error());
  auto admin = resolve("admin", roles.admin);
  if (!admin) return Fail(admin.error());
  admin->users.insert(geteuid());
  return server::Access{*std::move(viewer), *std::move(operator_), *std::move(admin)};
}

}  // namespace jaild
