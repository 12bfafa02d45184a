#include <array>
#include <charconv>
#include <cstdio>

#include "api/contract/json.h"

namespace jaild {
namespace {

using std::chrono::days;
using std::chrono::milliseconds;

// Years that a 64-bit count of nanoseconds holds with room for an offset.
constexpr int year_first = 1900;
constexpr int year_last = 2200;

// Reads exactly `count` digits at the front of `rest` and removes them.
std::optional<int> take_digits(std::string_view& rest, std::size_t count) {
  int number = 0;
  if (rest.size() < count) return std::nullopt;
  for (const char c : rest.substr(0, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  rest.remove_prefix(count);
  return number;
}

bool take_char(std::string_view& rest, std::string_view any_of) {
  if (rest.empty() || any_of.find(rest.front()) == std::string_view::npos) return false;
  rest.remove_prefix(1);
  return true;
}

// YYYY-MM-DD
std::optional<std::chrono::sys_days> take_date(std::string_view& rest) {
  const auto year = take_digits(rest, 4);
  if (!year || !take_char(rest, "-")) return std::nullopt;
  const auto month = take_digits(rest, 2);
  if (!month || !take_char(rest, "-")) return std::nullopt;
  const auto day = take_digits(rest, 2);
  if (!day || *year < year_first || *year > year_last) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  return date.ok() ? std::optional(std::chrono::sys_days(date)) : std::nullopt;
}

// HH:MM, as minutes
std::optional<std::chrono::minutes> take_minutes(std::string_view& rest) {
  const auto hour = take_digits(rest, 2);
  if (!hour || !take_char(rest, ":")) return std::nullopt;
  const auto minute = take_digits(rest, 2);
  if (!minute || *hour > 23 || *minute > 59) return std::nullopt;
  return std::chrono::hours(*hour) + std::chrono::minutes(*minute);
}

// .5 or .123456789; finer than milliseconds is cut off
std::optional<milliseconds> take_fraction(std::string_view& rest) {
  if (!take_char(rest, ".")) return milliseconds(0);
  int value = 0;
  std::size_t digits = 0;
  for (; digits < rest.size() && rest[digits] >= '0' && rest[digits] <= '9'; ++digits) {
    if (digits < 3) value = value * 10 + (rest[digits] - '0');
  }
  if (digits == 0 || digits > 9) return std::nullopt;
  for (std::size_t i = digits; i < 3; ++i) value *= 10;
  rest.remove_prefix(digits);
  return milliseconds(value);
}

// Z or +HH:MM, as what is to be subtracted
std::optional<std::chrono::minutes> take_offset(std::string_view& rest) {
  if (take_char(rest, "Zz")) return std::chrono::minutes(0);
  const bool behind = rest.starts_with('-');
  if (!take_char(rest, "+-")) return std::nullopt;
  const auto offset = take_minutes(rest);
  if (!offset) return std::nullopt;
  return behind ? -*offset : *offset;
}

}  // namespace

std::string rfc3339(WallTime time) {
  const auto moment = std::chrono::floor<milliseconds>(time);
  const auto day = std::chrono::floor<days>(moment);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(moment - day);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  std::string out = text.data();
  if (const auto rest = clock.subseconds(); rest.count() != 0) {
    const std::string digits = std::to_string(rest.count());
    out += "." + std::string(3 - digits.size(), '0') + digits;
  }
  return out + "Z";
}

std::optional<WallTime> parse_rfc3339(std::string_view text) {
  const auto date = take_date(text);
  if (!date || !take_char(text, "Tt ")) return std::nullopt;
  const auto minutes = take_minutes(text);
  if (!minutes || !take_char(text, ":")) return std::nullopt;
  const auto second = take_digits(text, 2);
  if (!second || *second > 60) return std::nullopt;  // 60: a leap second, which counts as the next one
  const auto fraction = take_fraction(text);
  if (!fraction) return std::nullopt;
  const auto offset = take_offset(text);
  if (!offset || !text.empty()) return std::nullopt;
  return WallTime(*date) + *minutes + std::chrono::seconds(*second) + *fraction - *offset;
}

}  // namespace jaild
