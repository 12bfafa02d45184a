#include "api/server/listener.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <exception>
#include <system_error>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/server/message.h"
#include "api/server/peer.h"
#include "api/server/session.h"

namespace jaild::server {

namespace asio = boost::asio;

namespace {

// After so many connections in a row others get the loop.
constexpr int accepts_at_a_time = 32;
constexpr std::chrono::minutes warning_interval{1};

// The kernel hands out the lowest free number, so the number of a new descriptor says how many are in use.
bool within_reserve(int fd, std::size_t reserve) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return false;
  const auto most = static_cast<std::size_t>(limit.rlim_cur);
  return static_cast<std::size_t>(fd) + std::min(reserve, most / 4) >= most;
}

// The same descriptor by the lowest number that is free, so that the numbers in the reserve stay so.
int lowered(int fd) {
  const int lower = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  close(fd);
  return lower;
}

// The answer to a connection that gets no session: what fits into the socket's buffer, and the end. Closes `fd`.
void refuse(int fd) {
  const Response response = problem_response({Kind::overloaded, "too many connections are open", 0, {}});
  const std::string text = header_text(response, 1, false) + response.body;
  static_cast<void>(send(fd, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
  static_cast<void>(shutdown(fd, SHUT_WR));
  close(fd);
}

// "127.0.0.1:50412"; "" where the peer is gone already.
std::string tcp_peer(int fd) {
  asio::ip::tcp::endpoint endpoint;
  auto size = static_cast<socklen_t>(endpoint.capacity());
  if (getpeername(fd, endpoint.data(), &size) != 0) return {};
  endpoint.resize(size);
  return to_string(Address(TcpAddress{endpoint.address(), endpoint.port()}));
}

}  // namespace

Listener::Listener(Acceptor acceptor, std::shared_ptr<Place> place, std::shared_ptr<ServerState> state)
    : acceptor_(std::move(acceptor)),
      place_(std::move(place)),
      state_(std::move(state)),
      waiter_(acceptor_.get_executor()) {
  socket_file_ = socket_file_at(place_->address);
}

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
  if (socket_file_ == socket_file_at(place_->address)) remove_socket_file(place_->address);
  waiter_.wake();
}

Result<void> Listener::make_socket_file_again() {
  Result<Acceptor> acceptor = open_acceptor(acceptor_.get_executor(), place_->address, state_->options.group);
  if (!acceptor) return Fail(acceptor.error());
  acceptor_ = *std::move(acceptor);  // closes the old one, which ends run()'s wait; it goes on with this one
  socket_file_ = socket_file_at(place_->address);
  return {};
}

asio::awaitable<void> Listener::run() {
  while (!closed_) {
    const auto [failed] = co_await acceptor_.async_wait(Acceptor::wait_read, as_result);
    static_cast<void>(failed);  // whatever it was, accepting meets it again
    if (closed_) co_return;
    if (full()) {
      make_room();
      co_await pause();
      if (full() && !closed_) refuse_waiting();
      continue;
    }
    Accepted accepted = Accepted::one;
    for (int n = 0; n < accepts_at_a_time && accepted == Accepted::one && !full(); ++n) accepted = accept_one(false);
    if (accepted == Accepted::resources_short) {
      make_room();
      co_await pause();
    }
  }
}

asio::awaitable<void> Listener::pause() {
  co_await waiter_.sleep_until(Waiter::Clock::now() + place_->limits.accept_pause);
}

bool Listener::make_room() {
  std::shared_ptr<Place> fullest = place_;
  for (const auto& place : state_->places) {
    if (!full() && place->unasked.size() > fullest->unasked.size()) fullest = place;
  }
  if (fullest->unasked.empty()) return false;
  fullest->unasked.front()->cut();
  return true;
}

void Listener::warn(const std::string& why) {
  const auto now = Waiter::Clock::now();
  if (warned_at_ && now - *warned_at_ < warning_interval) return;
  warned_at_ = now;
  state_->options.warn(to_string(place_->address) + " is short of room for connections: " + why);
}

Listener::Accepted Listener::accept_one(bool refused) {
  int fd = accept4(acceptor_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd >= 0 && refused) {
    refuse(fd);
    return Accepted::one;
  }
  if (fd >= 0 && within_reserve(fd, state_->options.reserved_descriptors)) {
    warn("the process has only its reserve of descriptors left");
    if (!make_room()) {
      refuse(fd);
      return Accepted::resources_short;
    }
    fd = lowered(fd);
  }
  if (fd >= 0) {
    begin_session(fd);
    return Accepted::one;
  }
  const int why = errno;
  if (why == EAGAIN || why == EWOULDBLOCK) return Accepted::nothing_waits;
  if (why == EINTR || why == ECONNABORTED || why == EPROTO) return Accepted::one;  // that one is gone; the next
  warn(std::system_category().message(why));
  return Accepted::resources_short;
}

// Every request is answered, and no connection is free: better a clear answer now than a silence of minutes.
void Listener::refuse_waiting() {
  for (int n = 0; n < SOMAXCONN; ++n) {
    if (accept_one(true) != Accepted::one) return;
  }
}

Identity Listener::identify(int fd) const {
  if (!place_->local()) return {Role::none, {"", tcp_peer(fd)}, ""};
  if (place_->surface == Surface::probes) return {Role::none, {"", "unix"}, ""};
  const Result<Peer> peer = peer_of(fd);
  if (!peer) return {Role::none, {"", "unix"}, "jaild cannot tell who is asking: " + peer.error().message};
  const Requester who{"uid " + std::to_string(peer->uid), "unix pid " + std::to_string(peer->pid)};
  if (peer->jailed) return {Role::none, who, "jaild is not served into jails"};
  return {role_of(state_->options.access, *peer), who, ""};
}

void Listener::begin_session(int fd) {
  Identity identity = identify(fd);
  if (!place_->local()) {
    const int on = 1;  // answers go out at once; without it small ones could wait for an acknowledgement
    static_cast<void>(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
  }
  Socket socket(acceptor_.get_executor());
  boost::system::error_code failed;
  socket.assign(acceptor_.local_endpoint(failed).protocol(), fd, failed);
  if (!failed) socket.non_blocking(true, failed);  // reading never waits, whatever the poller said
  if (failed) {
    if (!socket.is_open()) ::close(fd);
    return;
  }
  auto connection = std::make_shared<Connection>(std::move(socket), std::move(identity), place_);
  connection->set_unasked(true);
  state_->connections.emplace(connection.get(), connection);
  ++open_;
  const auto self = shared_from_this();
  asio::co_spawn(acceptor_.get_executor(), serve(connection, state_), [self, connection](std::exception_ptr failure) {
    --self->open_;
    self->waiter_.wake();
    self->state_->connections.erase(connection.get());
    if (self->state_->connection_ended) self->state_->connection_ended();
    if (failure) std::rethrow_exception(failure);  // out of run(): main logs it and ends
  });
}

}  // namespace jaild::server
