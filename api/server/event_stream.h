// One reader of GET /events: first what the store remembers, then what happens, each event once and in order.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <deque>
#include <memory>
#include <string>

#include "api/server/bytes.h"
#include "api/server/connection.h"
#include "api/server/limits.h"
#include "api/server/message.h"
#include "api/server/service.h"

namespace jaild::server {

// Loop thread only; connection, service and limits outlive it.
class EventStream {
 public:
  EventStream(Connection& connection, Service& service, const Limits& limits, StreamPlan plan, Bytes& bytes);

  // Until the client goes, reads too slowly, or the server ends. The answer's header has been written.
  boost::asio::awaitable<void> run();

 private:
  void on_event(const JailEvent& event);
  boost::asio::awaitable<bool> replay(std::uint64_t up_to);
  boost::asio::awaitable<bool> send_queued();
  [[nodiscard]] bool hold() { return bytes_.hold(queued_ + sending_); }
  [[nodiscard]] bool over() const { return overflowed_ || connection_.waiter()->abandoned(); }

  Connection& connection_;
  Service& service_;
  const Limits& limits_;
  StreamPlan plan_;
  Bytes& bytes_;                 // hold what is queued
  std::deque<JailEvent> queue_;  // at most limits_.stream_queue
  std::size_t queued_ = 0;       // bytes of it
  std::size_t sending_ = 0;      // bytes of what is being replayed
  bool overflowed_ = false;
  std::uint64_t sent_ = 0;  // the last event that was sent or skipped
  std::unique_ptr<Subscription> subscription_;
};

}  // namespace jaild::server
