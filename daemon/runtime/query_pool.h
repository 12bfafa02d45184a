// Threads for queries that may block, all made at once: none is made while jaild serves.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace jaild::runtime {

// Owner: the loop. post() from any thread. What waits is bounded by who asks: a connection has one query under way.
class QueryPool {
 public:
  // Throws std::system_error, and leaves no thread behind, where one of them cannot be made.
  explicit QueryPool(int threads);
  ~QueryPool() { finish(); }
  QueryPool(const QueryPool&) = delete;
  QueryPool& operator=(const QueryPool&) = delete;

  void post(std::function<void()> work);  // nothing once finish() has begun
  // Waits for all that was posted, and ends the threads. Nothing the second time.
  void finish();

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> waiting_;
  bool finishing_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace jaild::runtime
