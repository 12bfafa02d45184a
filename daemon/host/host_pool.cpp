#include "daemon/host/host_pool.h"

#include <system_error>
#include <utility>

namespace jaild::host {

HostPool::HostPool(int threads, std::size_t queue_max) : queue_max_(queue_max) {
  threads_.reserve(static_cast<std::size_t>(threads));
  try {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
  } catch (const std::system_error&) {
    stop();
    throw;
  }
}

bool HostPool::post(const std::string& jail, Job job) {
  const std::lock_guard lock(mutex_);
  if (stopping_ || queued_ >= queue_max_) return false;
  Lane& lane = lanes_[jail];
  const bool idle = !lane.running && lane.waiting.empty();
  lane.waiting.push_back(std::move(job));
  ++queued_;
  if (idle) {
    ready_.push_back(jail);
    wake_.notify_one();
  }
  return true;
}

void HostPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void HostPool::work() {
  for (;;) {
    std::string jail;
    Job job;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !ready_.empty(); });
      if (stopping_) return;
      jail = std::move(ready_.front());
      ready_.pop_front();
      Lane& lane = lanes_[jail];
      job = std::move(lane.waiting.front());
      lane.waiting.pop_front();
      lane.running = true;
      --queued_;
    }
    job();
    job = nullptr;  // what it holds goes before the next job of this jail begins
    finish(jail);
  }
}

void HostPool::finish(const std::string& jail) {
  const std::lock_guard lock(mutex_);
  const auto lane = lanes_.find(jail);
  lane->second.running = false;
  if (lane->second.waiting.empty()) {
    lanes_.erase(lane);
    return;
  }
  ready_.push_back(jail);
  wake_.notify_one();
}

}  // namespace jaild::host
