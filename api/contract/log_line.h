// A line of a jail's console log: jaild-monitor writes it, jaild reads it back, GET /jails/{name}/log tells it.
// In the file: "2026-01-31T12:00:00.123Z START PHASE STREAM TEXT"; STREAM is "out+" or "err+" where the line is
// partial.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "api/contract/jail_status.h"

namespace jaild {

enum class LogStream { out, err };

[[nodiscard]] constexpr std::string_view to_string(LogStream stream) {
  return stream == LogStream::out ? "out" : "err";
}

// Bytes of a line's text: a longer one is told in pieces, cut between UTF-8 characters.
constexpr std::size_t log_text_max = 8192;

struct LogLine {
  std::string at;           // RFC 3339 in UTC, always with milliseconds: texts compare as times do
  std::uint64_t start = 0;  // the number of the start that it belongs to; later starts have greater ones
  std::string phase;        // "exec.start", "command"; "jaild" is the monitor itself
  LogStream stream = LogStream::out;
  std::string text;
  // The line goes on: in the next one of this start, phase and stream. It was too long, or its end kept us waiting.
  bool partial = false;
  bool operator==(const LogLine&) const = default;
};

// Without a line feed. The text is taken as it is: whoever writes a file sees to it that it is one line.
[[nodiscard]] std::string to_string(const LogLine& line);
// nullopt: not such a line, as where the disk was full in the middle of one.
[[nodiscard]] std::optional<LogLine> parse_log_line(std::string_view line);
// Only what positions need, without copying.
struct LogLineHead {
  std::string_view at;
  std::uint64_t start = 0;
};
[[nodiscard]] std::optional<LogLineHead> parse_log_head(std::string_view line);

// RFC 3339 in UTC, always with milliseconds.
[[nodiscard]] std::string log_time(WallTime time);

// {"at","start","phase","stream","text"}, and "partial": true where it is
[[nodiscard]] nlohmann::json to_json(const LogLine& line);

// Which lines are wanted; all given conditions hold.
struct LogQuery {
  std::optional<std::uint64_t> tail;  // the last so many; what follows them comes besides
  std::optional<WallTime> since;
  // Above 0: the start of that number. 0: the latest one; -1: the one before it, and so on.
  std::optional<std::int64_t> start;
  bool follow = false;  // go on with lines as they are written
};

struct LogPage {
  std::vector<LogLine> lines;
  bool end = false;   // no more for now
  bool over = false;  // no more will ever come
};

}  // namespace jaild
