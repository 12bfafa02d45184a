// Names of parameters and jails, compared as jail(8) compares them. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace jaild::jailconf {

// The names that `name` is the no-form of: "foo" of "nofoo", "a.b" of "a.nob". jail(8) takes two names for the same
// parameter when one of them is the no-form of the other. At most one for each of the first eight parts between dots.
[[nodiscard]] std::vector<std::string> without_no_prefix(std::string_view name);

// Whether the last part of a parameter's name has the prefix "no".
[[nodiscard]] bool is_no_form(std::string_view name);

// Whether jail(8) itself looks at the parameter, so that no variable may have its name.
[[nodiscard]] bool reserved_for_parameters(std::string_view name);

// A block whose name has a part that is "*" is a pattern, not a jail.
[[nodiscard]] bool is_wildcard(std::string_view block);

// An inner "*" stands for one part of the name, a "*" at the end for one or more.
[[nodiscard]] bool wildcard_matches(std::string_view wildcard, std::string_view jail);

// All digits with an optional sign, not zero: the name of a block that is a jid.
[[nodiscard]] bool is_jid(std::string_view block);

}  // namespace jaild::jailconf
