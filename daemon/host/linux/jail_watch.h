// Tells when pid 1 of a jail ends: at once and by event, through its pidfd.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "daemon/core/resource.h"

namespace jaild::host {

// Owner: LinuxHost. Everything on the thread of the io_context; add() and forget() take themselves there. A jail that
// ends has its monitor say so too, after the exit of its main command; so `gone` is told when the monitor said it, or
// when there is no monitor, or a second after the pidfd did, whichever comes first, and once.
class JailWatch {
 public:
  struct Handlers {
    std::function<bool(std::uint64_t run)> has_monitor;
    std::function<void(const core::JailKey&)> gone;
  };

  JailWatch(boost::asio::io_context& io, Handlers handlers) : io_(io), handlers_(std::move(handlers)) {}

  // A process that is not the one of `start_time` any more has ended already. A run that is watched stays so.
  void add(const core::JailKey& key, std::uint64_t start_time);
  void forget(std::uint64_t run);
  void clear() { jails_.clear(); }

  void monitor_said(std::uint64_t run) { tell(run); }
  void monitor_lost(std::uint64_t run);

 private:
  struct Jail {
    core::JailKey key;
    std::unique_ptr<boost::asio::posix::stream_descriptor> process;
    std::unique_ptr<boost::asio::steady_timer> patience;
    bool ended = false;
  };

  void follow(const core::JailKey& key, std::uint64_t start_time);
  void process_ended(std::uint64_t run);
  void tell(std::uint64_t run);

  boost::asio::io_context& io_;
  const Handlers handlers_;
  std::map<std::uint64_t, Jail> jails_;
};

}  // namespace jaild::host
