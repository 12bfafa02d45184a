#include "api/server/log_feed.h"

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "api/contract/json.h"

namespace jaild::server {

namespace asio = boost::asio;

LogFeed::LogFeed(Connection& connection, Service& service, const Limits& limits, LogPlan plan, bool chunked)
    : connection_(connection), service_(service), limits_(limits), plan_(std::move(plan)), chunked_(chunked) {}

std::string LogFeed::text_of(const LogPage& page) const {
  std::string text;
  for (const LogLine& line : page.lines) {
    text += plan_.as_json ? to_text(to_json(line)) : to_string(line);
    text += '\n';
  }
  return text;
}

asio::awaitable<bool> LogFeed::send(std::string_view text) {
  beat_ = Waiter::Clock::now() + limits_.heartbeat;
  if (!chunked_) {
    const bool plain = co_await connection_.write(text, "");
    co_return plain;
  }
  std::array<char, 32> size{};
  std::snprintf(size.data(), size.size(), "%zx\r\n", text.size());
  const std::string chunk = std::string(size.data()).append(text).append("\r\n");
  const bool written = co_await connection_.write(chunk, "");
  co_return written;
}

asio::awaitable<bool> LogFeed::run() {
  const auto& waiter = connection_.waiter();
  connection_.watch();
  beat_ = Waiter::Clock::now() + limits_.heartbeat;
  Result<LogPage> page = std::move(plan_.first);
  while (!waiter->abandoned()) {
    if (!page) co_return false;  // cut in the middle: the reader sees that it is not whole
    std::string text = text_of(*page);
    const bool quiet = text.empty() && plan_.as_json && Waiter::Clock::now() >= beat_;
    if (quiet) text = "\n";
    if (!text.empty()) {
      const bool sent = co_await send(text);
      if (!sent) co_return false;
    }
    if (page->over || (page->end && !service_.get(plan_.jail))) break;
    const auto next_look = Waiter::Clock::now() + limits_.log_look;
    while (page->end && !waiter->abandoned() && Waiter::Clock::now() < next_look) {
      co_await waiter->sleep_until(next_look);
    }
    Pending<LogPage> pending(waiter);
    plan_.reading->next(pending.done());
    page = co_await pending.get(limits_.answer_time);
  }
  if (waiter->abandoned()) co_return false;
  connection_.unwatch();
  if (!chunked_) co_return true;
  const bool ended = co_await connection_.write("0\r\n\r\n", "");
  co_return ended;
}

}  // namespace jaild::server
