// Loop over one io_context and a small pool for the queries that may block.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "daemon/runtime/loop.h"
#include "daemon/runtime/query_pool.h"
#include "daemon/runtime/usage_walk.h"

namespace jaild::runtime {

// Two beside those of a scrape: a scrape of all jails, however slow, must not hold back a look at the processes of one.
constexpr int query_threads = 2 + usage_readers_max;

class AsioLoop final : public Loop {
 public:
  // `context` outlives this. Throws std::system_error where the threads cannot be made.
  explicit AsioLoop(boost::asio::io_context& context);
  ~AsioLoop() override;

  [[nodiscard]] core::Now now() const override;
  void post(std::function<void()> task) override;
  void arm(core::MonoTime when, std::function<void()> task) override;
  void after(std::chrono::nanoseconds delay, std::function<void()> task) override;
  void offload(std::function<void()> work) override;
  // Waits for what was offloaded; nothing more is taken.
  void stop();

 private:
  boost::asio::io_context& context_;
  boost::asio::steady_timer timer_;
  QueryPool queries_{query_threads};
};

}  // namespace jaild::runtime
