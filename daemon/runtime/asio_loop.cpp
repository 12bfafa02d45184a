#include "daemon/runtime/asio_loop.h"

#include <boost/asio/post.hpp>
#include <chrono>
#include <memory>

namespace jaild::runtime {

AsioLoop::AsioLoop(boost::asio::io_context& context) : context_(context), timer_(context) {}

AsioLoop::~AsioLoop() {
  stop();
}

core::Now AsioLoop::now() const {
  return {std::chrono::duration_cast<core::MonoTime>(std::chrono::steady_clock::now().time_since_epoch()),
          std::chrono::system_clock::now()};
}

void AsioLoop::post(std::function<void()> task) {
  boost::asio::post(context_, std::move(task));
}

void AsioLoop::arm(core::MonoTime when, std::function<void()> task) {
  timer_.expires_at(
      std::chrono::steady_clock::time_point(std::chrono::duration_cast<std::chrono::steady_clock::duration>(when)));
  timer_.async_wait([task = std::move(task)](const boost::system::error_code& error) {
    if (!error) task();
  });
}

void AsioLoop::after(std::chrono::nanoseconds delay, std::function<void()> task) {
  auto timer = std::make_shared<boost::asio::steady_timer>(context_);
  timer->expires_after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(delay));
  timer->async_wait([timer, task = std::move(task)](const boost::system::error_code& error) {
    if (!error) task();
  });
}

void AsioLoop::offload(std::function<void()> work) {
  queries_.post(std::move(work));
}

void AsioLoop::stop() {
  queries_.finish();
}

}  // namespace jaild::runtime
