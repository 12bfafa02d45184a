#include "api/server/work_turns.h"

#include <algorithm>
#include <utility>

namespace jaild::server {

boost::asio::awaitable<Result<void>> WorkTurns::Turn::take(WorkTurns& turns, std::string asker,
                                                           std::shared_ptr<Waiter> waiter) {
  if (!share_.emplace().take(turns.shares_, asker, waiting_max)) {
    co_return Fail(Kind::overloaded, "too many sets of yours wait to be read");
  }
  turns_ = &turns;
  place_ = turns.waiting_.insert(turns.waiting_.end(), {std::move(asker), waiter, false});
  turns.call_next();
  while (!place_->called && !waiter->abandoned()) co_await waiter->sleep_until(Waiter::Clock::time_point::max());
  if (waiter->abandoned()) co_return Fail(Kind::unavailable, "the connection ended before the answer was there");
  co_return Result<void>{};
}

void WorkTurns::Turn::release() {
  if (turns_ == nullptr) return;
  WorkTurns& turns = *std::exchange(turns_, nullptr);
  const bool had_it = place_->called;
  turns.waiting_.erase(place_);
  share_.reset();
  if (!had_it) return;
  turns.taken_ = false;
  turns.call_next();
}

// The longest waiting one of another asker than the last, if there is one.
void WorkTurns::call_next() {
  if (taken_ || waiting_.empty()) return;
  auto next = std::ranges::find_if(waiting_, [this](const Waiting& each) { return each.asker != last_; });
  if (next == waiting_.end()) next = waiting_.begin();
  taken_ = true;
  last_ = next->asker;
  next->called = true;
  next->waiter->wake();
}

}  // namespace jaild::server
