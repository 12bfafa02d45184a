#include "api/contract/role.h"

#include <utility>

namespace jaild {

std::string_view to_string(Role role) {
  switch (role) {
    case Role::none: return "none";
    case Role::viewer: return "viewer";
    case Role::operator_: return "operator";
    case Role::admin: return "admin";
  }
  std::unreachable();
}

std::optional<Role> role_from(std::string_view text) {
  for (const Role role : {Role::viewer, Role::operator_, Role::admin}) {
    if (to_string(role) == text) return role;
  }
  return std::nullopt;
}

}  // namespace jaild
