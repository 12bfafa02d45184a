// devfs(8) rulesets.
#pragma once

namespace jaild::host {

// A ruleset without rules hides nothing: mounting with it would show the jail every device of the host.
[[nodiscard]] bool has_devfs_rules(int ruleset);

}  // namespace jaild::host
