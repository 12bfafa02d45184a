#include "api/contract/log_line.h"

#include <charconv>

#include "api/contract/json.h"

#include <nlohmann/json.hpp>

namespace jaild {
namespace {

constexpr std::size_t time_size = std::string_view("2026-01-31T12:00:00.123Z").size();

// What stands before the next blank, which is taken with it; nullopt without a blank.
std::optional<std::string_view> take_word(std::string_view& rest) {
  const std::size_t blank = rest.find(' ');
  if (blank == std::string_view::npos || blank == 0) return std::nullopt;
  const std::string_view word = rest.substr(0, blank);
  rest.remove_prefix(blank + 1);
  return word;
}

std::optional<LogLineHead> take_head(std::string_view& rest) {
  const auto at = take_word(rest);
  const auto start = at ? take_word(rest) : std::nullopt;
  if (!start || at->size() != time_size || at->back() != 'Z' || (*at)[10] != 'T') return std::nullopt;
  LogLineHead head{*at, 0};
  const char* const end = start->data() + start->size();
  const auto [stop, error] = std::from_chars(start->data(), end, head.start);
  if (error != std::errc() || stop != end) return std::nullopt;
  return head;
}

}  // namespace

std::string to_string(const LogLine& line) {
  std::string text = line.at + " " + std::to_string(line.start) + " " + line.phase + " ";
  return text.append(to_string(line.stream)).append(line.partial ? "+ " : " ").append(line.text);
}

std::optional<LogLineHead> parse_log_head(std::string_view line) {
  return take_head(line);
}

std::optional<LogLine> parse_log_line(std::string_view line) {
  const auto head = take_head(line);
  const auto phase = head ? take_word(line) : std::nullopt;
  auto stream = phase ? take_word(line) : std::nullopt;
  const bool partial = stream && stream->ends_with('+');
  if (partial) stream->remove_suffix(1);
  if (!stream || (*stream != "out" && *stream != "err")) return std::nullopt;
  return LogLine{std::string(head->at), head->start,
                 std::string(*phase),   *stream == "out" ? LogStream::out : LogStream::err,
                 std::string(line),     partial};
}

std::string log_time(WallTime time) {
  std::string text = rfc3339(time);
  if (text.size() < time_size) text.replace(text.size() - 1, 1, ".000Z");
  return text;
}

nlohmann::json to_json(const LogLine& line) {
  nlohmann::json object = {{"at", line.at},
                           {"start", line.start},
                           {"phase", line.phase},
                           {"stream", to_string(line.stream)},
                           {"text", line.text}};
  if (line.partial) object["partial"] = true;
  return object;
}

}  // namespace jaild
