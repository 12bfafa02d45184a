// One address: accepts what comes, as far as descriptors and the connection bound allow.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>

#include "api/server/address.h"
#include "api/server/router.h"
#include "api/server/server_state.h"
#include "api/server/waiter.h"

namespace jaild::server {

// Loop thread only. While the system has no descriptor or memory left it pauses, for a second or until a connection of
// its own closes; at the connection bound it waits for one to close. Clients wait in the kernel's backlog meanwhile.
class Listener : public std::enable_shared_from_this<Listener> {
 public:
  Listener(Acceptor acceptor, Address address, Surface surface, std::shared_ptr<ServerState> state);

  void start();
  void close();  // accepts no more and removes its socket file; its connections live on

 private:
  enum class Accepted { one, nothing_waits, resources_short };

  boost::asio::awaitable<void> run();
  boost::asio::awaitable<void> pause();
  Accepted accept_one();
  void begin_session(int fd);
  [[nodiscard]] Identity identify(int fd) const;

  Acceptor acceptor_;
  Address address_;
  Surface surface_;
  std::shared_ptr<ServerState> state_;
  Waiter waiter_;
  std::size_t open_ = 0;
  bool closed_ = false;
  bool warned_ = false;
};

}  // namespace jaild::server
