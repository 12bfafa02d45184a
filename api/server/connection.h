// One accepted socket with what every step of its conversation needs: a deadline, a buffer, a way to sleep, a way to
// end.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "api/contract/role.h"
#include "api/contract/change.h"
#include "api/server/deadline.h"
#include "api/server/place.h"
#include "api/server/waiter.h"

namespace jaild::server {

using Socket = boost::asio::generic::stream_protocol::socket;

// Who speaks, as found when the connection was accepted.
struct Identity {
  Role role = Role::none;
  Requester who;
  std::string refusal;  // why it has no role, in one sentence; "" where there is nothing more to say than that
};

// Loop thread only. Owned by the coroutine of its session; the server knows it weakly.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Socket socket, Identity identity, std::shared_ptr<Place> place);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Socket& socket() { return socket_; }
  Deadline& deadline() { return deadline_; }
  boost::beast::flat_buffer& buffer() { return buffer_; }  // read, but not yet used
  const std::shared_ptr<Waiter>& waiter() { return waiter_; }
  [[nodiscard]] const Identity& identity() const { return identity_; }
  [[nodiscard]] Place& place() { return *place_; }
  [[nodiscard]] const Limits& limits() const { return place_->limits; }

  // Whether it waits for a request to be whole: then it is the first to go when the listener is full.
  void set_unasked(bool value);

  // Asked before each write from now on; false lets nothing more out. For answers that outlast their right to be told.
  void set_permit(std::function<bool()> permit) { permit_ = std::move(permit); }
  [[nodiscard]] bool permitted() const { return !permit_ || permit_(); }

  // All of `head` and `body` within the write deadline; false when the client is gone, too slow, or has no permit.
  boost::asio::awaitable<bool> write(std::string_view head, std::string_view body);

  // Reads on and drops, until the client closes or the linger deadline: closing a socket with unread input resets it,
  // and a reset may overtake the answer.
  boost::asio::awaitable<void> linger();

  // From watch() to unwatch(), a client that closes its side abandons the waiter. What it sends meanwhile is kept for
  // the next request; watching ends when the buffer is full.
  void watch();
  void unwatch();

  // Whether the server may end the connection without losing an answer: between requests, and during a stream.
  void set_interruptible(bool value);
  void ask_to_end();  // at once when interruptible, else after the answer that is under way
  [[nodiscard]] bool ending() const { return ending_; }
  void cut();  // now, whatever is under way

 private:
  void wait_for_input();
  void on_input(boost::system::error_code failed);

  Socket socket_;
  Identity identity_;
  const std::shared_ptr<Place> place_;
  std::optional<std::list<Connection*>::iterator> unasked_;  // in place_->unasked
  Deadline deadline_;
  boost::beast::flat_buffer buffer_;
  std::shared_ptr<Waiter> waiter_;
  std::function<bool()> permit_;  // empty: all may go out
  bool watching_ = false;
  bool interruptible_ = false;
  bool ending_ = false;
};

}  // namespace jaild::server
