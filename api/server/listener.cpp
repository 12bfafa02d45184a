#include "api/server/listener.h"

#include <boost/asio/co_spawn.hpp>
#include <cerrno>
#include <exception>
#include <system_error>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/server/peer.h"
#include "api/server/session.h"

namespace jaild::server {

namespace asio = boost::asio;

namespace {

// After so many connections in a row others get the loop.
constexpr int accepts_at_a_time = 32;

}  // namespace

Listener::Listener(Acceptor acceptor, Address address, Surface surface, std::shared_ptr<ServerState> state)
    : acceptor_(std::move(acceptor)),
      address_(std::move(address)),
      surface_(surface),
      state_(std::move(state)),
      waiter_(acceptor_.get_executor()) {}

void Listener::start() {
  const auto self = shared_from_this();
  asio::co_spawn(acceptor_.get_executor(), run(), [self](std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure);  // out of run(): main logs it and ends
  });
}

void Listener::close() {
  if (closed_) return;
  closed_ = true;
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  remove_socket_file(address_);
  waiter_.wake();
}

asio::awaitable<void> Listener::run() {
  while (!closed_) {
    if (open_ >= state_->options.limits.connections) {
      co_await pause();
      continue;
    }
    const auto [failed] = co_await acceptor_.async_wait(Acceptor::wait_read, as_result);
    static_cast<void>(failed);  // whatever it was, accepting meets it again
    Accepted accepted = Accepted::one;
    for (int n = 0; n < accepts_at_a_time && accepted == Accepted::one && !closed_; ++n) {
      if (open_ >= state_->options.limits.connections) break;
      accepted = accept_one();
    }
    if (accepted == Accepted::resources_short && !closed_) co_await pause();
  }
}

asio::awaitable<void> Listener::pause() {
  co_await waiter_.sleep_until(Waiter::Clock::now() + state_->options.limits.accept_pause);
}

Listener::Accepted Listener::accept_one() {
  const int fd = accept4(acceptor_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd >= 0) {
    warned_ = false;
    begin_session(fd);
    return Accepted::one;
  }
  const int why = errno;
  if (why == EAGAIN || why == EWOULDBLOCK) return Accepted::nothing_waits;
  if (why == EINTR || why == ECONNABORTED || why == EPROTO) return Accepted::one;  // that one is gone; the next
  if (!warned_) {
    state_->options.warn(to_string(address_) + " accepts no connections: " + std::system_category().message(why));
  }
  warned_ = true;
  return Accepted::resources_short;
}

Identity Listener::identify(int fd) const {
  if (surface_ == Surface::probes) return {false, "", "this address serves probes only"};
  const Result<Peer> peer = peer_of(fd);
  if (!peer) return {false, "", "jaild cannot tell who is asking: " + peer.error().message};
  const std::string by = "uid " + std::to_string(peer->uid);
  if (peer->jailed) return {false, by, "jaild is not served into jails"};
  if (peer->uid != state_->options.owner) return {false, by, by + " may not use jaild; only uid 0 may"};
  return {true, by, ""};
}

void Listener::begin_session(int fd) {
  Identity identity = identify(fd);
  const bool local = std::holds_alternative<UnixAddress>(address_);
  if (!local) {
    const int on = 1;  // answers go out at once; without it small ones could wait for an acknowledgement
    static_cast<void>(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
  }
  Socket socket(acceptor_.get_executor());
  boost::system::error_code failed;
  socket.assign(acceptor_.local_endpoint(failed).protocol(), fd, failed);
  if (failed) {
    ::close(fd);
    return;
  }
  auto connection = std::make_shared<Connection>(std::move(socket), std::move(identity), state_->options.limits);
  state_->connections.emplace(connection.get(), connection);
  ++open_;
  const auto self = shared_from_this();
  asio::co_spawn(acceptor_.get_executor(), serve(connection, state_, surface_),
                 [self, connection](std::exception_ptr failure) {
                   --self->open_;
                   self->waiter_.wake();
                   self->state_->connections.erase(connection.get());
                   if (self->state_->connection_ended) self->state_->connection_ended();
                   if (failure) std::rethrow_exception(failure);  // out of run(): main logs it and ends
                 });
}

}  // namespace jaild::server
