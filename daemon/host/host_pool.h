// Threads for calls that may block. Jobs of one jail run one after the other, in the order they came; jobs of different
// jails run side by side.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace jaild::host {

// Owner: one Host. Any thread may call post(); stop() is called once, from outside the pool.
class HostPool {
 public:
  using Job = std::function<void()>;

  // `queue_max` bounds the jobs that wait; the core has at most one operation under way for each jail, so a full queue
  // means more jails than the daemon is meant for, and is answered, not waited for. Throws std::system_error, and
  // leaves no thread behind, where one of them cannot be made.
  HostPool(int threads, std::size_t queue_max);
  ~HostPool() { stop(); }
  HostPool(const HostPool&) = delete;
  HostPool& operator=(const HostPool&) = delete;

  // false: the queue is full or the pool has stopped; the job will not run.
  [[nodiscard]] bool post(const std::string& jail, Job job);

  // Waits for the jobs that run, drops those that wait.
  void stop();

 private:
  struct Lane {
    std::deque<Job> waiting;
    bool running = false;
  };

  void work();
  void finish(const std::string& jail);

  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<std::string, Lane> lanes_;  // of jails with a job that waits or runs
  std::deque<std::string> ready_;      // jails whose next job may run now
  std::size_t queued_ = 0;
  std::size_t queue_max_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace jaild::host
