// One address: accepts what comes, as far as descriptors and the connection bound allow.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>

#include "api/server/address.h"
#include "api/server/connection.h"
#include "api/server/place.h"
#include "api/server/server_state.h"
#include "api/server/waiter.h"

namespace jaild::server {

// Loop thread only. Who has a connection but asks nothing cannot keep others out: when the listener is full, or the
// process has only its reserve of descriptors left, the connection that has waited longest for a whole request is cut
// for each newcomer. Where all are busy with requests, newcomers wait a second in the kernel's backlog, then get 503
// with Retry-After.
class Listener : public std::enable_shared_from_this<Listener> {
 public:
  Listener(Acceptor acceptor, std::shared_ptr<Place> place, std::shared_ptr<ServerState> state);

  void start();
  void close();  // accepts no more and removes its socket file, if it still is its own; its connections live on

  [[nodiscard]] bool has_socket_file() const { return closed_ || socket_file_ == socket_file_at(place_->address); }
  Result<void> make_socket_file_again();

 private:
  enum class Accepted { one, nothing_waits, resources_short };

  boost::asio::awaitable<void> run();
  boost::asio::awaitable<void> pause();
  [[nodiscard]] bool full() const { return open_ >= place_->limits.connections; }
  // Ends the connection that has waited longest for a request: of this listener when it is full, else of the one where
  // most wait. Whether there was one; its descriptor is free at once.
  bool make_room();
  Accepted accept_one(bool refused);  // refused: it is answered with 503
  void refuse_waiting();
  void begin_session(int fd);
  void warn(const std::string& why);  // at most once a minute, for clients can repeat what leads here
  [[nodiscard]] Identity identify(int fd) const;

  Acceptor acceptor_;
  std::optional<SocketFile> socket_file_;  // as it was bound
  const std::shared_ptr<Place> place_;
  std::shared_ptr<ServerState> state_;
  Waiter waiter_;
  std::size_t open_ = 0;
  bool closed_ = false;
  std::optional<Waiter::Clock::time_point> warned_at_;
};

}  // namespace jaild::server
