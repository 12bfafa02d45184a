// What the hosts with real jails have in common: a pool for what may block, one thread ("the link's") for the monitors,
// and the way of an operation to the one or the other and back to the sink.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "daemon/host/host.h"
#include "daemon/host/host_pool.h"
#include "daemon/host/jail_operations.h"
#include "daemon/host/monitor_commands.h"
#include "daemon/host/monitor_link.h"

namespace jaild::host {

// The derived class calls begin() in start(), end() in stop(), and stop() in its destructor.
class KernelHost : public Host {
 public:
  KernelHost(const KernelHost&) = delete;
  KernelHost& operator=(const KernelHost&) = delete;

  void submit(Op op) final;
  void exec(const JailKey& key, ExecRequest request, ExecStarted done) override;

 protected:
  KernelHost(MonitorPaths paths, MonitorLink::Handlers handlers);
  ~KernelHost() override = default;

  virtual JailOperations& jails() = 0;

  // Starts the threads and takes up the monitors that are there. Kind::unavailable: a thread cannot be made.
  Result<void> begin(Sink sink);
  // Joins the threads; `last` is the last thing that the link's does. Nothing the second time.
  void end(const std::function<void()>& last);
  [[nodiscard]] bool ending() const { return quiet_; }

  void tell(Event event);  // any thread; nothing once end() has begun

  [[nodiscard]] boost::asio::io_context& io() { return io_; }  // the link's thread
  [[nodiscard]] MonitorLink& link() { return link_; }

 private:
  void perform(const Op& op);

  Sink sink_;
  std::atomic<bool> quiet_ = false;  // end() has begun: nothing goes to the sink any more
  bool running_ = false;             // begin() to end(), their thread only
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  MonitorLink link_;
  MonitorCommands commands_;
  std::thread thread_;
  std::unique_ptr<HostPool> pool_;
};

}  // namespace jaild::host
