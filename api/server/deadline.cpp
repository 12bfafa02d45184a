#include "api/server/deadline.h"

#include <optional>

namespace jaild::server {

using Clock = std::chrono::steady_clock;

namespace {

constexpr std::chrono::milliseconds repeat{100};

}  // namespace

struct Deadline::State {
  State(const boost::asio::any_io_executor& executor, std::function<void()> on_expiry)
      : timer(executor), expired(std::move(on_expiry)) {}

  boost::asio::steady_timer timer;
  std::function<void()> expired;
  std::optional<Clock::time_point> at;     // none: no deadline now
  std::optional<Clock::time_point> armed;  // when the timer fires; never later than `at`
  bool passed = false;
};

Deadline::Deadline(const boost::asio::any_io_executor& executor, std::function<void()> expired)
    : state_(std::make_shared<State>(executor, std::move(expired))) {}

Deadline::~Deadline() {
  state_->expired = nullptr;
  state_->at.reset();
  state_->timer.cancel();
}

void Deadline::set(std::chrono::milliseconds from_now) {
  state_->at = Clock::now() + from_now;
  state_->passed = false;
  if (!state_->armed || *state_->armed > *state_->at) arm(state_);
}

void Deadline::clear() {
  state_->at.reset();
}

bool Deadline::passed() const {
  return state_->passed;
}

void Deadline::arm(const std::shared_ptr<State>& state) {
  state->armed = state->at;
  state->timer.expires_at(*state->at);
  const std::weak_ptr<State> weak = state;
  state->timer.async_wait([weak](boost::system::error_code cancelled) {
    const auto alive = weak.lock();
    if (!alive || cancelled) return;  // cancelled: armed anew for an earlier time, or the end
    alive->armed.reset();
    if (!alive->at) return;
    if (*alive->at > Clock::now()) {
      arm(alive);
      return;
    }
    alive->passed = true;
    // Again until set() or clear(): what `expired` cancels may just have ended and been followed by a new wait.
    alive->at = Clock::now() + repeat;
    arm(alive);
    if (alive->expired) alive->expired();
  });
}

}  // namespace jaild::server
