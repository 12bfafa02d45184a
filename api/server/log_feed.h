// One reader of GET /jails/{name}/log: page after page, as fast as it takes them.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <string_view>

#include "api/server/connection.h"
#include "api/server/limits.h"
#include "api/server/message.h"
#include "api/server/service.h"

namespace jaild::server {

// Loop thread only; connection, service and limits outlive it. Holds one page at a time: a slow reader is waited for,
// one that takes nothing within the write time is cut off.
class LogFeed {
 public:
  LogFeed(Connection& connection, Service& service, const Limits& limits, LogPlan plan, bool chunked);

  // Until the log ends, the client goes or the server stops. The answer's header has been written. True: all of it was
  // sent, and said to be.
  boost::asio::awaitable<bool> run();

 private:
  boost::asio::awaitable<bool> send(std::string_view text);
  [[nodiscard]] std::string text_of(const LogPage& page) const;

  Connection& connection_;
  Service& service_;
  const Limits& limits_;
  LogPlan plan_;
  const bool chunked_;
  Waiter::Clock::time_point beat_;  // when a reader of JSON lines gets a sign of life
};

}  // namespace jaild::server
