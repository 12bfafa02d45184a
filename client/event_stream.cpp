#include "client/event_stream.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace jaild::client {

namespace {

// An event's message and data are bounded by the daemon far below; more comes from something else.
constexpr std::size_t event_bytes_max = std::size_t{1} << 20;

}  // namespace

std::vector<ServerEvent> EventStreamReader::feed(std::string_view piece) {
  std::vector<ServerEvent> events;
  if (broken_) return events;
  rest_ += piece;
  std::size_t begin = 0;
  for (std::size_t end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n', begin)) {
    std::string_view line = std::string_view(rest_).substr(begin, end - begin);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    take_line(line, events);
    begin = end + 1;
  }
  rest_.erase(0, begin);
  broken_ = rest_.size() + event_.data.size() > event_bytes_max;
  return events;
}

void EventStreamReader::take_line(std::string_view line, std::vector<ServerEvent>& events) {
  if (line.empty()) {
    if (has_data_) events.push_back(event_);
    event_ = {};
    has_data_ = false;
    return;
  }
  const std::size_t colon = std::min(line.find(':'), line.size());
  const std::string_view field = line.substr(0, colon);
  std::string_view value = line.substr(std::min(colon + 1, line.size()));
  if (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  if (field == "id") {
    event_.id = value;
  } else if (field == "event") {
    event_.type = value;
  } else if (field == "data") {
    if (has_data_) event_.data += '\n';
    event_.data += value;
    has_data_ = true;
  } else if (field == "retry") {
    long milliseconds = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), milliseconds);
    const bool whole = error == std::errc() && end == value.data() + value.size();
    if (whole && milliseconds >= 0 && milliseconds <= 60'000) retry_ = std::chrono::milliseconds(milliseconds);
  }
}

}  // namespace jaild::client
