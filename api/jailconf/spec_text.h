// A spec as a block of jail.conf(5) that jail(8) accepts and that gives the same jail. What jail(8) has no word for
// stands in comments "#jaild: KEY = JSON", which declare.h reads back.
#pragma once

#include <string>
#include <string_view>

#include "api/contract/jail_spec.h"

namespace jaild::jailconf {

// A whole block with its name, ending with a line feed. Limits and CPUs are exec.created commands, first of all, so
// that they are in force before the first process; rules are removed again in exec.release.
[[nodiscard]] std::string spec_text(const std::string& name, const JailSpec& spec);

// The members of a spec that may stand in a comment.
[[nodiscard]] bool is_note_key(std::string_view key);
[[nodiscard]] std::string note_keys_text();

// `command` as an entry of exec.start that jail(8) does not wait for.
[[nodiscard]] std::string background_command(const std::string& command);

}  // namespace jaild::jailconf
