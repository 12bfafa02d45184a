// Values of records as columns, and back. Pure. A column that cannot be read is Kind::unavailable: the file holds what
// this jaild did not write.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "api/contract/jail_status.h"
#include "api/contract/result.h"
#include "daemon/core/records.h"

namespace jaild::store {

// Nanoseconds since 1970, enough until 2262; exact for every system_clock that we know.
[[nodiscard]] std::int64_t to_ns(WallTime time);
[[nodiscard]] WallTime from_ns(std::int64_t ns);

// JSON as in the interface. In a LastExit times keep milliseconds.
[[nodiscard]] std::string spec_text(const JailSpec& spec);
Result<JailSpec> spec_from(std::string_view text);
[[nodiscard]] std::string exit_text(const LastExit& exit);
Result<LastExit> exit_from(std::string_view text);

[[nodiscard]] std::string data_text(const std::map<std::string, std::string>& data);  // invalid UTF-8 is replaced
Result<std::map<std::string, std::string>> data_from(std::string_view text);
[[nodiscard]] std::string hook_rules_text(const std::vector<std::string>& rules);
[[nodiscard]] Result<std::vector<std::string>> hook_rules_from(std::string_view text);
[[nodiscard]] std::string starts_text(const std::vector<WallTime>& starts);
Result<std::vector<WallTime>> starts_from(std::string_view text);

// The words of the file. Not those of to_string(): what people are shown may change, a file may not.
[[nodiscard]] std::string_view desired_word(Desired desired);
Result<Desired> desired_from(std::string_view word);
[[nodiscard]] std::string_view role_word(Role role);  // not of Role::none
Result<Role> role_from_word(std::string_view word);
[[nodiscard]] std::string_view phase_word(core::RunPhase phase);
Result<core::RunPhase> phase_from(std::string_view word);
[[nodiscard]] std::string_view resource_word(core::ResourceKind kind);
Result<core::ResourceKind> resource_from(std::string_view word);

}  // namespace jaild::store
