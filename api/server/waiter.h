// How a coroutine waits for an answer that comes through a callback.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "api/server/hold_timer.h"
#include "api/server/service.h"

namespace jaild::server {

constexpr auto as_result = boost::asio::as_tuple(boost::asio::use_awaitable);

// One sleeper, many who may wake it; all on the loop. As with a condition variable, the sleeper looks at what it waits
// for before and after each sleep: a wake without a sleeper is lost.
class Waiter {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Waiter(const boost::asio::any_io_executor& executor) : timer_(executor) {}

  boost::asio::awaitable<void> sleep_until(Clock::time_point at) {
    timer_.expires_at(at);
    hold_.pause();
    const auto [woken] = co_await timer_.async_wait(as_result);
    hold_.resume();
    static_cast<void>(woken);
  }
  void wake() { timer_.cancel(); }

  // The client is gone or the server ends: nobody reads an answer any more.
  void abandon() {
    abandoned_ = true;
    wake();
  }
  [[nodiscard]] bool abandoned() const { return abandoned_; }

  // Lets others have the loop once.
  boost::asio::awaitable<void> yield() {
    hold_.pause();
    co_await boost::asio::post(timer_.get_executor(), boost::asio::use_awaitable);
    hold_.resume();
  }
  HoldTimer& hold() { return hold_; }

 private:
  HoldTimer hold_;
  boost::asio::steady_timer timer_;
  bool abandoned_ = false;
};

// One answer of the Service: hand done() to it, then await get(). The answer may come before get(), or after both this
// object and the connection are gone.
template <class T>
class Pending {
 public:
  explicit Pending(std::shared_ptr<Waiter> waiter)
      : waiter_(std::move(waiter)), answer_(std::make_shared<std::optional<Result<T>>>()) {}

  [[nodiscard]] Done<T> done() const {
    // Weak, because the daemon may still hold this when the connection, and even the loop, are gone.
    return [waiter = std::weak_ptr(waiter_), answer = answer_](Result<T> result) {
      answer->emplace(std::move(result));
      const auto alive = waiter.lock();
      if (alive) alive->wake();
    };
  }

  // Kind::timeout after `at_most`; Kind::unavailable when the connection was given up.
  boost::asio::awaitable<Result<T>> get(std::chrono::milliseconds at_most) {
    const auto until = Waiter::Clock::now() + at_most;
    while (!answer_->has_value()) {
      if (waiter_->abandoned()) co_return Fail(Kind::unavailable, "the connection ended before the answer was there");
      if (Waiter::Clock::now() >= until) co_return Fail(Kind::timeout, "jaild had no answer in time");
      co_await waiter_->sleep_until(until);
    }
    co_return std::move(**answer_);
  }

 private:
  std::shared_ptr<Waiter> waiter_;
  std::shared_ptr<std::optional<Result<T>>> answer_;
};

}  // namespace jaild::server
