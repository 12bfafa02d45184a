// What lasts over TCP, a stream or a command, ends with its token: when that is deleted or expires, at once, whether or
// not anything is to be told.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>

#include "api/server/connection.h"
#include "api/server/service.h"

namespace jaild::server {

// Loop thread only; connection and service outlive it. While it lives, the connection's permit is the token's.
class TokenWatch {
 public:
  TokenWatch(Connection& connection, Service& service, std::string secret);
  ~TokenWatch();
  TokenWatch(const TokenWatch&) = delete;
  TokenWatch& operator=(const TokenWatch&) = delete;

 private:
  void look();

  Connection& connection_;
  Service& service_;
  const std::string secret_;
  std::unique_ptr<Subscription> deletions_;
  boost::asio::steady_timer timer_;
  std::shared_ptr<TokenWatch*> self_;
};

}  // namespace jaild::server
