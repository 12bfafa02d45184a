// Limits that were reached, as devd(8) passes them on from the kernel: only rules with the action devctl tell.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "api/contract/rctl_rule.h"

namespace jaild::host {

struct LimitNotice {
  std::string jail;
  Resource resource{};
};
// nullopt: a message about something else.
[[nodiscard]] std::optional<LimitNotice> parse_devctl(std::string_view message);

// Owner: the host. Everything runs on the thread of the io_context.
class Devctl {
 public:
  Devctl(boost::asio::io_context& io, std::function<void(const LimitNotice&)> told) : io_(io), told_(std::move(told)) {}

  // Connects unless it is connected; without devd there are no notices, and the next call tries again.
  void connect();
  void close() { socket_.reset(); }

 private:
  void read();

  boost::asio::io_context& io_;
  const std::function<void(const LimitNotice&)> told_;
  std::shared_ptr<boost::asio::posix::stream_descriptor> socket_;
  std::array<char, 8192> message_{};  // devd(8) passes on at most that in one piece
};

}  // namespace jaild::host
