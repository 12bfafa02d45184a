// One reader of GET /events: first what the store remembers, then what happens, each event once and in order.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <deque>
#include <memory>
#include <string>

#include "api/server/connection.h"
#include "api/server/limits.h"
#include "api/server/message.h"
#include "api/server/service.h"

namespace jaild::server {

// Loop thread only; connection, service and limits outlive it.
class EventStream {
 public:
  EventStream(Connection& connection, Service& service, const Limits& limits, StreamPlan plan);

  // Until the client goes, reads too slowly, or the server ends. The answer's header has been written.
  boost::asio::awaitable<void> run();

 private:
  void on_event(const JailEvent& event);
  boost::asio::awaitable<bool> replay(std::uint64_t up_to);
  boost::asio::awaitable<bool> send_queued();
  [[nodiscard]] bool over() const { return overflowed_ || connection_.waiter()->abandoned(); }

  Connection& connection_;
  Service& service_;
  const Limits& limits_;
  StreamPlan plan_;
  std::deque<JailEvent> queue_;  // at most limits_.stream_queue
  bool overflowed_ = false;
  std::uint64_t sent_ = 0;  // the last event that was sent or skipped
  std::unique_ptr<Subscription> subscription_;
};

}  // namespace jaild::server
