#include "client/when.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <ctime>

namespace jaild::client {

namespace {

using std::chrono::seconds;

constexpr std::int64_t century_seconds = 3'155'760'000;  // a bound against overflow: longer ago than anything of ours

// Takes a number without sign off the front of `rest`.
std::optional<std::int64_t> take_number(std::string_view& rest) {
  std::int64_t number = 0;
  const char* const end = rest.data() + rest.size();
  const auto [stop, error] = std::from_chars(rest.data(), end, number);
  if (error != std::errc() || number < 0) return std::nullopt;
  rest.remove_prefix(static_cast<std::size_t>(stop - rest.data()));
  return number;
}

// "1h30m": numbers, each with its unit, added up.
std::optional<seconds> parse_duration(std::string_view rest) {
  static constexpr std::pair<char, std::int64_t> units[] = {
      {'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
  std::int64_t total = 0;
  if (rest.empty()) return std::nullopt;
  while (!rest.empty()) {
    const auto number = take_number(rest);
    if (!number || rest.empty()) return std::nullopt;
    const auto* const unit =
        std::find_if(std::begin(units), std::end(units), [&](const auto& each) { return each.first == rest.front(); });
    if (unit == std::end(units) || *number > century_seconds / unit->second) return std::nullopt;
    total += *number * unit->second;
    if (total > century_seconds) return std::nullopt;
    rest.remove_prefix(1);
  }
  return seconds(total);
}

// Seconds since 1970. Ten digits are this century; fewer than nine are more likely a slip than the year 1973.
std::optional<WallTime> parse_unix(std::string_view rest) {
  const std::size_t digits = rest.size();
  const auto number = take_number(rest);
  if (!number || !rest.empty() || digits < 9 || digits > 10) return std::nullopt;
  return WallTime(seconds(*number));
}

// "2026-01-31", "2026-01-31T12:00" or "2026-01-31 12:00:30" in local time.
std::optional<WallTime> parse_local(const std::string& text) {
  for (const char* const format :
       {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d"}) {
    std::tm parts{};
    const char* const end = ::strptime(text.c_str(), format, &parts);
    if (end == nullptr || *end != '\0') continue;
    parts.tm_isdst = -1;  // whatever holds on that day
    const std::tm given = parts;
    const std::time_t time = std::mktime(&parts);
    // mktime(3) makes the 31st of April the 1st of May; who typed that meant neither.
    if (time == -1 || parts.tm_mday != given.tm_mday) return std::nullopt;
    return std::chrono::system_clock::from_time_t(time);
  }
  return std::nullopt;
}

}  // namespace

std::optional<WallTime> parse_when(std::string_view text, WallTime now) {
  if (const auto time = parse_rfc3339(text)) return time;
  if (const auto time = parse_unix(text)) return time;
  if (const auto ago = parse_duration(text)) return now - *ago;
  return parse_local(std::string(text));
}

std::string not_a_time(const std::string& text) {
  return "takes a time such as 2026-01-31T12:00:00Z, 2026-01-31 12:00 (local time), 1769860800 (seconds since 1970), "
         "or how long ago: 90s, 1h30m, 30d; not '" +
         text + "'";
}

}  // namespace jaild::client
