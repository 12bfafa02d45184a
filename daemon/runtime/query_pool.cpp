#include "daemon/runtime/query_pool.h"

#include <system_error>
#include <utility>

namespace jaild::runtime {

QueryPool::QueryPool(int threads) {
  try {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
  } catch (const std::system_error& refused) {
    finish();
    throw std::system_error(refused.code(), "the threads for queries");
  }
}

void QueryPool::post(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    if (finishing_) return;
    waiting_.push_back(std::move(work));
  }
  wake_.notify_one();
}

void QueryPool::finish() {
  {
    const std::lock_guard lock(mutex_);
    finishing_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : std::exchange(threads_, {})) thread.join();
}

void QueryPool::work() {
  for (;;) {
    std::function<void()> next;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return finishing_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      next = std::move(waiting_.front());
      waiting_.pop_front();
    }
    next();
  }
}

}  // namespace jaild::runtime
