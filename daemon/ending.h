// How the daemon ends, and how the host goes down: SIGTERM, SIGINT and SIGUSR2.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <csignal>

#include "api/server/server.h"
#include "daemon/runtime/engine.h"

namespace jaild {

// SIGTERM and SIGINT end jaild, and jails run on. SIGUSR2 says that the host goes down: all jails are stopped in order,
// none is started any more, and a SIGTERM then ends jaild when they are down or the time is over. On the thread of
// `context`.
class Ending {
 public:
  // All outlive this. `budget`: what stopping all jails may take.
  Ending(boost::asio::io_context& context, runtime::Engine& engine, server::Server& server, std::chrono::seconds budget)
      : context_(context), engine_(engine), server_(server), budget_(budget) {}

  void set_budget(std::chrono::seconds budget) { budget_ = budget; }
  void wait();

 private:
  enum class Jails { run_on, stopping, down };

  void on_signal(int signal);
  void stop_jails();
  void end();

  boost::asio::io_context& context_;
  runtime::Engine& engine_;
  server::Server& server_;
  std::chrono::seconds budget_;
  boost::asio::signal_set signals_{context_, SIGTERM, SIGINT, SIGUSR2};
  Jails jails_ = Jails::run_on;
  bool asked_ = false;  // to end, while jails stop
  bool ended_ = false;
};

}  // namespace jaild
