// A point in time as people type it at --since, --until.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/contract/json.h"

namespace jaild::client {

// "2026-01-31T12:00:00Z" and other RFC 3339; the same without a zone, without seconds or without a time of day, which
// is local time (of the variable TZ) then, a date its midnight; seconds since 1970 ("1769860800"); or how long before
// `now`: "90s", "10m", "1h30m", "30d", "2w". nullopt: none of these.
[[nodiscard]] std::optional<WallTime> parse_when(std::string_view text, WallTime now);

// What parse_when() takes, for a message about an option that got `text`.
[[nodiscard]] std::string not_a_time(const std::string& text);

}  // namespace jaild::client
