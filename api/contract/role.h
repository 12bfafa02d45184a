// What somebody may do. Each role may do what the one before it may.
#pragma once

#include <optional>
#include <string_view>

namespace jaild {

enum class Role { none, viewer, operator_, admin };  // none: no identity needed, or none recognised

// "none", "viewer", "operator", "admin": the words of the interface, the configuration and the store.
[[nodiscard]] std::string_view to_string(Role role);
[[nodiscard]] std::optional<Role> role_from(std::string_view text);  // of the three that somebody can be given

}  // namespace jaild
