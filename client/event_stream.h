// The text/event-stream format (WHATWG HTML, "Server-sent events"): bytes in, events out. No I/O.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jaild::client {

struct ServerEvent {
  std::string id;
  std::string type;
  std::string data;
};

class EventStreamReader {
 public:
  // The events that `piece` completes. Half lines are kept until the next piece.
  std::vector<ServerEvent> feed(std::string_view piece);
  // The pause before connecting again that the daemon asked for.
  [[nodiscard]] std::optional<std::chrono::milliseconds> retry() const { return retry_; }
  // A line grew beyond what an event of jaild can be; nothing more is read.
  [[nodiscard]] bool broken() const { return broken_; }

 private:
  void take_line(std::string_view line, std::vector<ServerEvent>& events);

  std::string rest_;
  ServerEvent event_;
  bool has_data_ = false;
  bool broken_ = false;
  std::optional<std::chrono::milliseconds> retry_;
};

}  // namespace jaild::client
